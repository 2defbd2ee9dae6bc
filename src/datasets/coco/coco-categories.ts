/** The categories of a COCO file as classes: two of one name are one class. */
import { className } from '../class-name.ts';
import { type Id, idKey } from '../dataset-types.ts';
import { groupBy } from '../group-by.ts';
import type { CocoFile, Element } from './coco-file.ts';

interface Category {
  id: Id;
  name: string;
  parent: unknown;
}

export interface Categories {
  classes: string[];
  categoryIds: Id[];
  categoryAliases?: ReadonlyMap<string, Id>;
  /** By {@link idKey}. */
  classIds: ReadonlyMap<string, number>;
}

/**
 * Classes in the order of their ids. A category that only groups others (Roboflow's root) and has no
 * boxes is none.
 * @param findUsed reads the ids that annotations have, by {@link idKey}: it takes a while
 */
export function readCategories(
  elements: Iterable<Element>,
  findUsed: () => ReadonlySet<string>,
  { file, report }: CocoFile,
): Categories {
  const byId = new Map<string, Category>();
  for (const { fields, place } of elements) {
    const { id, name, supercategory: parent } = fields;
    if (!isId(id)) report('malformed-file', idProblem(id), place('id'));
    else if (typeof name !== 'string') report('malformed-file', 'a name is needed', place('name'));
    else if (byId.has(idKey(id))) {
      report('duplicate-id', `category id ${id} occurs twice`, place('id'));
    } else byId.set(idKey(id), { id, name: className(name), parent });
  }
  const all = [...byId.values()].sort((a, b) => compareIds(a.id, b.id));
  const groups = new Set(
    all.map(({ parent }) => (typeof parent === 'string' ? className(parent) : parent)),
  );
  const merged = groupBy(all, ({ name }) => name);
  const result = { classes: [] as string[], categoryIds: [] as Id[] };
  const classIds = new Map<string, number>();
  const aliases = new Map<string, Id>();
  const isRoot = ({ parent }: Category) => parent === undefined || parent === 'none';
  const isGroup = (same: readonly Category[]) => groups.has(same[0].name) && same.every(isRoot);
  const needsUsed = [...merged.values()].some((same) => same.length > 1 || isGroup(same));
  const used = needsUsed ? findUsed() : new Set<string>();
  const note = (message: string, name: string) =>
    report('merged-classes', message, { file, key: `categories[name=${name}]` });
  for (const [name, same] of merged) {
    const labeled = same.filter(({ id }) => used.has(idKey(id)));
    if (labeled.length === 0 && isGroup(same)) {
      note(`the category "${name}" only groups others and has no box: it is left out`, name);
      continue;
    }
    const { id } = labeled[0] ?? same[0];
    for (const other of same) {
      classIds.set(idKey(other.id), result.classes.length);
      if (other.id !== id) aliases.set(idKey(other.id), id);
    }
    if (same.length > 1) {
      const ids = same.map((category) => category.id).join(', ');
      note(`the categories ${ids} are all called "${name}": they are one class`, name);
    }
    result.classes.push(name);
    result.categoryIds.push(id);
  }
  return { ...result, classIds, ...(aliases.size > 0 && { categoryAliases: aliases }) };
}

export const isId = (value: unknown): value is Id =>
  typeof value === 'string' || Number.isSafeInteger(value);

/** Reason why a value cannot be an id. */
export function idProblem(value: unknown): string {
  return Number.isInteger(value)
    ? `the id ${value} is too large to be exact: write it as a text`
    : 'an id is needed: a whole number or a text';
}

/** By number where both are numbers. */
function compareIds(a: Id, b: Id): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return String(a) < String(b) ? -1 : 1;
}
