import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RefineDetError } from '../../src/errors.ts';
import { answerCalls, type Methods } from '../../src/remote/answer-calls.ts';
import { Channel } from '../../src/remote/channel.ts';
import { type Port, portWire, workerWire } from '../../src/remote/web-wire.ts';

let end: () => void;
afterEach(() => end());

/** A worker on this thread: the same messages, cloned the same way. */
function connect(
  methods: Methods,
  onEvent?: (name: string, data: unknown) => void,
  onDeath?: (error: RefineDetError) => void,
) {
  const { port1, port2 } = new MessageChannel();
  const emit = answerCalls(portWire(port2 as unknown as Port), methods);
  const listeners: ((event: ErrorEvent) => void)[] = [];
  const worker = {
    postMessage: (...sent: [never, never]) => port1.postMessage(...sent),
    addEventListener(type: string, listener: never) {
      if (type === 'error') listeners.push(listener);
      else port1.addEventListener(type, listener);
    },
    terminate: () => port1.close(),
  };
  const channel = new Channel(workerWire(worker as never), onEvent, onDeath);
  port1.start();
  end = () => port1.close();
  const die = (message: string) => {
    for (const notify of listeners) notify({ message } as ErrorEvent);
  };
  return { channel, emit, die, ports: [port1, port2] };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a channel', () => {
  it('gives each call its own answer, in any order of the answers', async () => {
    const { channel } = connect({
      wait: async (ms: number) => {
        await pause(ms);
        return ms;
      },
    });
    const order: number[] = [];
    const calls = [30, 1, 15].map(async (ms) => {
      expect(await channel.call('wait', ms)).toBe(ms);
      order.push(ms);
    });
    await Promise.all(calls);
    expect(order).toEqual([1, 15, 30]);
  });

  it('transfers objects in both directions', async () => {
    const { channel } = connect({
      grow: async (bytes: Uint8Array, { transfer }) => {
        const more = new Uint8Array([...bytes, 7]);
        transfer.push(more.buffer);
        return more;
      },
    });
    const bytes = Uint8Array.of(1, 2);
    const grown = await channel.call('grow', bytes, { transfer: [bytes.buffer] });
    expect(grown).toEqual(Uint8Array.of(1, 2, 7));
    expect(bytes.byteLength).toBe(0);
  });

  it('rejects with the error of the worker, and stays usable', async () => {
    const details = ['conv1', 'conv2'];
    const { channel } = connect({
      fail: async () => {
        throw new RefineDetError('WEIGHTS_MISMATCH', '2 tensors are missing', { details });
      },
      functions: async () => () => {},
      work: async () => 'done',
    });
    const code = 'WEIGHTS_MISMATCH';
    await expect(channel.call('fail')).rejects.toMatchObject({ code, details });
    await expect(channel.call('functions')).rejects.toMatchObject({ code: 'UNEXPECTED' });
    await expect(channel.call('no such method')).rejects.toMatchObject({ code: 'UNEXPECTED' });
    await expect(channel.call('work', () => {})).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(await channel.call('work')).toBe('done');
  });

  it('notifies the worker when a call is canceled, also before it begins', async () => {
    const { channel } = connect({
      untilCanceled: (_: never, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve('canceled'));
        }),
    });
    const aborting = new AbortController();
    const { signal } = aborting;
    const canceled = channel.call('untilCanceled', 0, { signal });
    setTimeout(() => aborting.abort(), 5);
    expect(await canceled).toBe('canceled');
    expect(await channel.call('untilCanceled', 0, { signal })).toBe('canceled');
  });

  it('receives events', async () => {
    const events: unknown[] = [];
    const { channel, emit } = connect({ work: async () => emit('progress', 5) }, (name, data) =>
      events.push([name, data]),
    );
    await channel.call('work');
    expect(events).toEqual([['progress', 5]]);
  });

  it('rejects all calls when the worker dies, and reports it once', async () => {
    const deaths: RefineDetError[] = [];
    const { channel, die } = connect({ hang: () => new Promise(() => {}) }, undefined, (error) =>
      deaths.push(error),
    );
    const calls = [channel.call('hang'), channel.call('hang')];
    const outcomes = Promise.allSettled(calls);
    expect(channel.isOpen).toBe(true);
    die('out of luck');
    die('again');
    const expected = { code: 'WORKER_CRASHED', message: 'the worker has crashed: out of luck' };
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: expected });
    await expect(channel.call('hang')).rejects.toMatchObject(expected);
    expect(channel.isOpen).toBe(false);
    expect(deaths).toMatchObject([expected]);
  });

  it('reports an answer that cannot be read as the death of the worker', async () => {
    const deaths: RefineDetError[] = [];
    const { channel, ports } = connect({ hang: () => new Promise(() => {}) }, undefined, (error) =>
      deaths.push(error),
    );
    const call = channel.call('hang');
    setTimeout(() => ports[0].dispatchEvent(new Event('messageerror')), 5);
    await expect(call).rejects.toThrow('the worker has crashed: its answer cannot be read');
    expect(deaths).toHaveLength(1);
  });

  it('rejects exactly the call whose argument cannot be read in the worker', async () => {
    const { channel, ports } = connect({ wait: async (ms: number) => pause(ms).then(() => ms) });
    await expect(channel.call('wait', () => {})).rejects.toThrow('cannot be sent'); // not counted
    const before = channel.call('wait', 30);
    await pause(5);
    // The event takes the place of the message.
    const post = vi.spyOn(ports[0], 'postMessage').mockImplementationOnce(() => {
      ports[1].dispatchEvent(new Event('messageerror'));
    });
    const unreadable = channel.call('wait', 1);
    post.mockRestore();
    const after = channel.call('wait', 2);
    await expect(unreadable).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'the worker cannot read the argument',
    });
    expect(await Promise.all([before, after])).toEqual([30, 2]);
  });

  it('does not report the end of a worker that it has closed', async () => {
    const deaths: RefineDetError[] = [];
    const { channel, die } = connect({ hang: () => new Promise(() => {}) }, undefined, (error) =>
      deaths.push(error),
    );
    const call = channel.call('hang');
    const closed = channel.close(new RefineDetError('DISPOSED', 'closed'));
    await expect(call).rejects.toMatchObject({ code: 'DISPOSED' });
    await closed;
    die('exit code 1');
    expect(deaths).toEqual([]);
  });

  it('holds the process until its worker has ended, also when a late answer comes', async () => {
    const held: boolean[] = [];
    let receive!: (message: never) => void;
    let isEnded = false;
    const channel = new Channel({
      post() {},
      listen: (given) => {
        receive = given as never;
      },
      onDeath() {},
      hold: (wanted) => void held.push(wanted),
      async terminate() {
        expect(held.at(-1)).toBe(true);
        receive({ call: 0, value: 1 } as never);
        isEnded = true;
      },
    });
    end = () => {};
    const call = channel.call('work').catch(({ code }) => code);
    await channel.close(new RefineDetError('DISPOSED', 'closed'));
    expect([isEnded, await call, held.at(-1)]).toEqual([true, 'DISPOSED', true]);
  });
});
