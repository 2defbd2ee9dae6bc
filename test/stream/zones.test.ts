import { describe, expect, it } from 'vitest';
import { checkZones, parseZones } from '../../src/stream/zones.ts';

const line = {
  name: 'door',
  points: [
    [0, 0.5],
    [1, 0.5],
  ],
};
const zone = {
  name: 'yard',
  points: [
    [0, 0],
    [1, 0],
    [0, 1],
  ],
  classes: ['dog'],
};

describe('zones files', () => {
  it('parse to the same values', () => {
    const zones = { boxPoint: 'center', tolerance: 0.1, lines: [line], zones: [zone] };
    expect(parseZones(JSON.stringify(zones))).toEqual(zones);
    expect(checkZones({})).toEqual({});
    expect(
      checkZones({
        coordinates: 'pixels',
        lines: [
          {
            ...line,
            points: [
              [0, 0],
              [1920, 0],
            ],
          },
        ],
      }),
    ).toBeDefined();
  });

  it.each([
    ['[', 'zones are not JSON'],
    ['[]', 'zones must be an object, not []'],
    ['{"line": []}', 'unknown option "zones.line" (did you mean "lines"?)'],
    [
      '{"coordinates": "percent"}',
      'zones.coordinates must be one of relative, pixels, not "percent"',
    ],
    ['{"boxPoint": "left"}', 'zones.boxPoint must be one of bottom, center, top, not "left"'],
    ['{"tolerance": -1}', 'zones.tolerance must be a number from 0, not -1'],
    ['{"lines": {}}', 'zones.lines must be a list, not {}'],
    ['{"lines": [7]}', 'zones.lines[0] must be an object, not 7'],
    ['{"lines": [{"points": []}]}', 'zones.lines[0].name must be a unique text, not undefined'],
    [{ lines: [line, line] }, 'zones.lines[1].name must be a unique text, not "door"'],
    [{ lines: [{ ...line, point: 1 }] }, 'unknown option "zones.lines[0].point"'],
    [{ lines: [{ ...line, classes: 'dog' }] }, 'zones.lines[0].classes must be a list'],
    [{ lines: [{ ...line, points: zone.points }] }, 'must be two different points, not [['],
    [
      {
        lines: [
          {
            ...line,
            points: [
              [0, 0],
              [0, 0],
            ],
          },
        ],
      },
      'must be two different points',
    ],
    [
      { lines: [{ ...line, points: [[0, 0], [0]] }] },
      'zones.lines[0].points[1] must be [x, y], from 0',
    ],
    [
      {
        lines: [
          {
            ...line,
            points: [
              [0, 0],
              [0, 640],
            ],
          },
        ],
      },
      'from 0 to 1 (coordinates: relative), not [0,640]',
    ],
    [{ coordinates: 'pixels', lines: [{ ...line, points: [[0, '1']] }] }, '[x, y], finite numbers'],
    [{ zones: [{ ...zone, points: line.points }] }, 'must be three or more points around an area'],
    [
      {
        zones: [
          {
            ...zone,
            points: [
              [0, 0],
              [0.5, 0.5],
              [1, 1],
            ],
          },
        ],
      },
      'around an area',
    ],
  ])('are refused with one sentence: %j', (zones, message) => {
    const text = typeof zones === 'string' ? zones : JSON.stringify(zones);
    expect(() => parseZones(text)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringContaining(message),
      }),
    );
  });
});
