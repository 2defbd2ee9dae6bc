/** Small helpers for elements. */

/** The element of index.html with this id. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  return document.getElementById(id) as unknown as E;
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const created = Object.assign(document.createElement(name), properties);
  created.append(...children);
  return created;
}

/** Shows a text; the same text again is no change, which screen readers would repeat. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
