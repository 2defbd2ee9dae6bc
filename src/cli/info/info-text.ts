/** Descriptions of models as text. */
import { aboutModel, type ModelName } from '../../packaged-models.ts';
import { counted, metric, printable } from '../printable.ts';
import { provenanceFacts } from '../provenance-text.ts';
import type { Colors } from '../terminal.ts';
import { textTable } from '../text-table.ts';
import type { ListedInfo, ModelInfo } from './model-info.ts';

/** The layers come first, because the end, with the totals, stays on the screen. */
export function modelText(info: ModelInfo, withLayers: boolean, colors: Colors): string {
  const layers = withLayers ? [layerLines(info, colors)] : [];
  return [...layers, factLines(info, colors), provenanceLines(info, colors)]
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** @param infos of the models in the package */
export function modelsText(infos: readonly ListedInfo[]): string {
  const rows = infos.map(({ name, preset, classes, parameters, macs }) => [
    name,
    preset,
    classes.length,
    metric(parameters),
    metric(macs),
    aboutModel(name as ModelName),
  ]);
  const header = ['model', 'preset', 'classes', 'parameters', 'MACs', 'about'];
  return `${textTable(header, rows).join('\n')}\n`;
}

export function presetsText(infos: readonly ListedInfo[]): string {
  const rows = infos.map(({ preset, input, parameters, macs, anchors, architecture }) => [
    preset,
    `${input.width}×${input.height}`,
    metric(parameters),
    metric(macs),
    anchors,
    architecture,
  ]);
  const header = ['preset', 'input', 'parameters', 'MACs', 'anchors', 'source'];
  const [{ classes }] = infos;
  const note = `Counted with ${counted(classes.length, 'class', 'classes')}. A preset is an architecture without weights.`;
  return `${textTable(header, rows).join('\n')}\n\n${note}\n`;
}

function layerLines({ layers }: ModelInfo, { dim }: Colors): string[] {
  const rows = layers.map(({ name, op, shape, parameters, macs }) => [
    printable(name),
    op,
    shape.join('×'),
    parameters,
    macs,
  ]);
  const [header, ...lines] = textTable(
    ['layer', 'operation', 'output h×w×c', 'parameters', 'MACs'],
    rows,
  );
  return [dim(header), ...lines];
}

function factLines(info: ModelInfo, { bold }: Colors): string[] {
  const { input, classes, anchors, anchorsPerLevel, anchorOptions, decoding, layers } = info;
  const { channelOrder, mean, std } = input;
  const levels = anchorsPerLevel.map((n, i) => `${n} at stride ${anchorOptions.strides[i]}`);
  const facts = [
    ['model', bold(printable(info.name))],
    ['preset', `${info.preset}, ${info.architecture}`],
    ['input', `${input.width}×${input.height} ${channelOrder}, mean ${mean}, std ${std}`],
    ['classes', `${classes.length}: ${classes.map(printable).join(', ')}`],
    ['layers', String(layers.length)],
    ['parameters', `${metric(info.parameters)} (${info.parameters.toLocaleString('en')})`],
    ['MACs', `${metric(info.macs)} (${info.macs.toLocaleString('en')})`],
    ['anchors', `${anchors}: ${levels.join(', ')}`],
  ];
  const stated = Object.entries(decoding).map(([name, value]) => `${name} ${value}`);
  if (stated.length > 0) facts.push(['decoding', stated.join(', ')]);
  facts.push(['compute', info.compute.join(', ')]);
  return aligned(facts);
}

function provenanceLines({ provenance }: ModelInfo, { dim }: Colors): string[] {
  const facts = provenanceFacts(provenance).map((fact) => fact.map(printable));
  return facts.length === 0 ? [] : [dim('provenance'), ...aligned(facts)];
}

function aligned(facts: readonly (readonly string[])[]): string[] {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
