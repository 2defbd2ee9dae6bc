/** What a model file tells of its origin, as lines. */
import { stagesOf } from '../datasets/provenance.ts';
import { isRecord } from '../json.ts';

/** Names and values; each earlier training is one line, the latest first. */
export function provenanceFacts(provenance: Record<string, unknown>): [string, string][] {
  const [last, ...earlier] = stagesOf(provenance);
  return [
    ...factsOf(last),
    ...earlier.map((stage, i): [string, string] => [
      i === 0 ? 'fineTunedFrom' : 'before that',
      factsOf(stage)
        .map((fact) => fact.join(' '))
        .join('; '),
    ]),
  ];
}

function factsOf({ fineTunedFrom, ...stage }: Record<string, unknown>): [string, string][] {
  const facts = Object.entries(stage).map(([name, value]): [string, string] => [name, text(value)]);
  // Provenance is free JSON: only a record is a stage.
  if (fineTunedFrom !== undefined && !isRecord(fineTunedFrom)) {
    facts.push(['fineTunedFrom', text(fineTunedFrom)]);
  }
  return facts;
}

/** Numbers with four digits: the file has all of them. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isInteger(value)) return String(+value.toPrecision(4));
  if (Array.isArray(value)) return value.map(text).join(', ');
  return JSON.stringify(value);
}
