/**
 * A plugin for typedoc: guides are named by their first heading instead of their file, and code blocks
 * without a language are text.
 */
import { Converter } from 'typedoc';

export function load({ converter }) {
  converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const text = document.content.map((part) => part.text).join('');
    document.name = /^# (.+)$/m.exec(text)?.[1] ?? document.name;
    for (const part of document.content) part.text = part.text.replace(/^```\n/, '```text\n');
  });
}
