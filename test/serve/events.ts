/** Reads server-sent events. */

export interface ServerEvent {
  /** Absent for a comment. */
  type?: string;
  data: Record<string, unknown>;
}

/** Events and comments of an answer, as they arrive; leaving the loop ends the connection. */
export async function* eventsOf({ body }: Response): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      yield { type: /^event: (.*)$/m.exec(block)?.[1], data: data ? JSON.parse(data) : {} };
    }
  }
}

/** Types of all events; `:` for a comment. */
export async function typesOf(answer: Response): Promise<string[]> {
  const types: string[] = [];
  for await (const { type = ':' } of eventsOf(answer)) types.push(type);
  return types;
}
