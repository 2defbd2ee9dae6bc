/** The report of a run: one HTML file, rewritten after every evaluation. */
import { RefineDet } from '../../../detector.ts';
import { points as percent } from '../../../report/charts/frame.ts';
import { type Html, html } from '../../../report/html.ts';
import {
  card,
  columns,
  type Figure,
  facts,
  figures,
  renderPage,
  table,
} from '../../../report/page.ts';
import { readModel } from '../../../weights/model-file.ts';
import type { TrainConfig } from '../../config/train-config.ts';
import { Sampler } from '../../data/sampling.ts';
import { sampleWeights, type TrainingData } from '../../data/training-set.ts';
import { RUN_FILES, type RunStore } from '../../run/run-store.ts';
import type { StepRecord } from '../../run/step-record.ts';
import { readMetrics } from '../../run/training-run.ts';
import { detectionFigures, sampleFigures } from './report-images.ts';
import { lossChart, rateChart, scoreChart, speedChart } from './training-curves.ts';

const SAMPLES = 12;
const DETECTIONS = 12;
/** Sides of the samples in pixels. */
const SAMPLE_SIDE = 256;

export interface ReportedRun {
  config: TrainConfig;
  data: TrainingData;
  totalSteps: number;
}

/**
 * Writes the report to the folder of a run, from the files in it.
 * @throws FILE_WRITE, and the errors of reading the run
 */
export async function writeTrainingReport(store: RunStore, run: ReportedRun): Promise<void> {
  const records = await readMetrics(store);
  if (records.length === 0) return;
  const evaluations = records.filter(({ evaluation }) => evaluation);
  const { name } = run.data.train;
  const page = renderPage({
    kicker: 'RefineDet training',
    title: `${run.config.preset} on ${name}`,
    lead: leadSentence(records, run),
    sections: [
      figures(headline(records, evaluations)),
      columns([
        [card('Loss', 'Means over intervals of steps.', lossChart(records))],
        [
          ...(evaluations.length > 0
            ? [card('Average precision', evaluationHint(evaluations), scoreChart(records))]
            : []),
          card('Learning rate', undefined, rateChart(records)),
        ],
      ]),
      ...(evaluations.length > 0
        ? [
            card(
              'Classes',
              'Average precision in percent, at the best and at the last evaluation.',
              classTable(evaluations),
            ),
          ]
        : []),
      ...(await imageCards(store, run)),
      card('Speed', 'Includes the effect of other work on the machine.', speedChart(records)),
      card(
        'Configuration',
        `For all options see ${RUN_FILES.config} in the folder of the run.`,
        settings(run),
      ),
    ],
    footer: 'Made by refinedet. This file works offline and contains no scripts.',
  });
  await store.write(RUN_FILES.report, page);
}

function leadSentence(records: readonly StepRecord[], { data, totalSteps }: ReportedRun): string {
  const { step, epoch } = records[records.length - 1];
  const images = data.train.images.length.toLocaleString('en');
  return `${step.toLocaleString('en')} of ${totalSteps.toLocaleString('en')} steps, ${epoch.toFixed(1)} epochs over ${images} images of ${data.train.classes.length} classes.`;
}

function headline(records: readonly StepRecord[], evaluations: readonly StepRecord[]): Figure[] {
  const best = bestOf(evaluations);
  const recent = records.slice(-50);
  const mean = (value: (record: StepRecord) => number) =>
    recent.reduce((sum, record) => sum + value(record), 0) / recent.length;
  return [
    ...(best
      ? [
          {
            value: percent(best.evaluation!.score ?? 0),
            name: `best mAP, epoch ${best.epoch.toFixed(1)}`,
          },
        ]
      : []),
    { value: mean(({ losses }) => losses.total).toFixed(2), name: 'loss, last 50 steps' },
    { value: mean(({ imagesPerSecond }) => imagesPerSecond).toFixed(1), name: 'images per second' },
    {
      value: percent(mean(({ computeShare }) => computeShare)),
      name: 'percent of the time in the network',
    },
  ];
}

function bestOf(evaluations: readonly StepRecord[]): StepRecord | undefined {
  return evaluations.findLast(({ evaluation }) => evaluation!.best) ?? evaluations.at(-1);
}

function evaluationHint(evaluations: readonly StepRecord[]): string {
  return `Averaged weights on ${evaluations.at(-1)!.evaluation!.images} validation images.`;
}

function classTable(evaluations: readonly StepRecord[]): Html {
  const best = bestOf(evaluations)!.evaluation!;
  const last = evaluations.at(-1)!.evaluation!;
  const shown = (score: number | null | undefined) => (score == null ? '–' : percent(score));
  const names = Object.keys(last.perClass);
  const rows = names.map((name) => [name, shown(best.perClass[name]), shown(last.perClass[name])]);
  return table(['class', 'best', 'last'], rows, ['mean', shown(best.score), shown(last.score)]);
}

async function imageCards(store: RunStore, run: ReportedRun): Promise<Html[]> {
  const bytes = (await store.read(RUN_FILES.best)) ?? (await store.read(RUN_FILES.model));
  if (!bytes) return [];
  const model = await readModel(bytes);
  const { config, data } = run;
  const cards: Html[] = [];
  if (data.validation) {
    const { images } = data.validation;
    const count = Math.min(DETECTIONS, images.length);
    const shown = Array.from(
      { length: count },
      (_, i) => images[Math.floor((i * images.length) / count)],
    );
    const detector = await RefineDet.load(model, { threads: 1, warmUp: false, warn: () => {} });
    const hint = html`Detections of the best model with a score from 0.3. <span class="key"></span>detected <span class="key truth"></span>true box.`;
    cards.push(gallery('Sample detections', hint, await detectionFigures(detector, shown)));
    detector.dispose();
  }
  const sampler = new Sampler(sampleWeights(data.train, config.sampling), config.seed);
  const setup = { ...config, model, images: data.train.images };
  const samples = await sampleFigures(setup, sampler.draws(0, SAMPLES), SAMPLE_SIDE);
  const hint =
    'The first images of the run as the network received them: augmented, with their boxes.';
  return [...cards, gallery('Training samples', html`${hint}`, samples)];
}

function gallery(title: string, hint: Html, content: readonly Html[]): Html {
  return card(title, hint, html`<div class="shots">${content}</div>`);
}

function settings({ config }: ReportedRun): Html {
  const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const parts = (list: TrainConfig['data']) =>
    list.map(({ path, split }) => (split === undefined ? path : `${path}:${split}`)).join(', ');
  const { data, validation, ...rest } = config;
  return facts([
    ['data', parts(data)],
    ['validation', parts(validation)],
    ...Object.entries(rest).map(([name, value]): [string, string] => [name, shown(value)]),
  ]);
}
