/**
 * Writes the ABI of the kernels as TypeScript, from the program that the AssemblyScript compiler has
 * resolved: the signatures of all exports, and where the fields of every unmanaged class lie. tsc then
 * rejects callers that have drifted from assembly/.
 */
import {
  type Class,
  ClassPrototype,
  DecoratorFlags,
  FunctionPrototype,
  type Program,
  Property,
  PropertyPrototype,
  type Type,
} from 'assemblyscript';

const HEADER = `/** Generated from assembly/ by scripts/build-kernels.ts; do not edit. */

/**
 * Address in the heap. The fields of these types never exist: they stop an address from being passed as
 * a count or a value. Plain numbers, such as sums of addresses, are accepted everywhere.
 */
export type Address = number & { readonly unit?: 'address' };
/** An address or a number of bytes; those that come back are signed, >>> 0 makes them usable. */
type usize = Address;
type i32 = number & { readonly unit?: 'count' };
/** 0 or 1. */
type bool = i32;
type f32 = number & { readonly unit?: 'value' };
type f64 = f32;
`;

/** A compiled module. */
export interface KernelProgram {
  program: Program;
  /** Source file whose exports are those of the module, without extension. */
  entry: string;
  /** Name of the interface of the exports. */
  exports: string;
}

/** Several modules may use the same records. */
export function abiText(...modules: readonly KernelProgram[]): string {
  const records = new Set(modules.flatMap(({ program }) => recordTexts(program)));
  return [HEADER, ...modules.map(exportsText), ...records].join('\n');
}

function exportsText({ program, entry, exports }: KernelProgram): string {
  const found = [...(program.filesByName.get(entry)?.exports ?? [])];
  const methods = found.map(([name, element]) => {
    const instance =
      element instanceof FunctionPrototype ? element.instances?.values().next().value : undefined;
    if (!instance) throw new Error(`kernels: the export ${name} is not a function`);
    const { parameters } = instance.prototype.functionTypeNode;
    const { parameterTypes, returnType } = instance.signature;
    const args = parameterTypes.map((type, i) => argument(parameters[i].name.text, type));
    return `  /** ${fileOf(instance.internalName)} */\n  ${name}(${args.join(', ')}): ${returnType};\n`;
  });
  return `/** Exports of ${entry}.ts. */\nexport interface ${exports} {\n${methods.join('')}}\n`;
}

/** The address of a record is called as its class: more telling than the kernel's own short name. */
function argument(name: string, type: Type): string {
  const record = type.getClass()?.name;
  return record ? `${record[0].toLowerCase()}${record.slice(1)}: usize` : `${name}: ${type}`;
}

function recordTexts(program: Program): string[] {
  const names = new Set<string>();
  const texts: string[] = [];
  for (const element of program.elementsByName.values()) {
    const isRecord =
      element instanceof ClassPrototype && element.hasDecorator(DecoratorFlags.Unmanaged);
    const { name, internalName } = element;
    if (!isRecord || internalName.startsWith('~lib/')) continue;
    if (names.has(name)) throw new Error(`kernels: two records are called ${name}`);
    names.add(name);
    for (const record of element.instances?.values() ?? []) {
      texts.push(`/** ${fileOf(internalName)} */\n${recordText(name, record)}`);
    }
  }
  return texts;
}

function recordText(name: string, record: Class): string {
  const fields = [...(record.members ?? [])].flatMap(([field, member]) => {
    const property = member instanceof PropertyPrototype ? member.instance : member;
    if (!(property instanceof Property) || !property.isField) return [];
    const type = fieldType(property.type);
    // Those that src/kernels/heap-records.ts can write.
    if (!/^([iu]32|f(32|64))$/.test(type)) {
      throw new Error(`kernels: the field ${name}.${field} has the type ${type}`);
    }
    return `    ['${field}', '${type}', ${property.memoryOffset}],\n`;
  });
  return `export const ${name} = {\n  bytes: ${record.nextMemoryOffset},\n  fields: [\n${fields.join('')}  ],\n} as const;\n`;
}

/** Addresses are numbers without sign. */
function fieldType(type: Type): string {
  return type.isReference || `${type}` === 'usize' ? 'u32' : `${type}`;
}

function fileOf(internalName: string): string {
  return `${internalName.slice(0, internalName.lastIndexOf('/'))}.ts`;
}
