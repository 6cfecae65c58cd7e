// The page's elements: finding, making and filling them, their theme and colours, and the time of day.

/** Key of the chosen theme in the browser's storage. */
const THEME_KEY = 'theme';

/** What each element showed last, as JSON. */
const shown = new WeakMap<HTMLElement, string>();

/**
 * Whether rounds are on a chain, and so have windows and rewards. Served with the page, so that nothing moves later.
 */
export const hasChain = document.documentElement.dataset['chain'] === 'yes';

/** A cell of a table: its text, and perhaps a class. */
export type Cell = string | { text: string; className: string };

/** The element with an id, which the page must have. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Sets an element's text if it differs: screen readers would read out unchanged text again. */
export function setText(target: HTMLElement | string, text: string): void {
  const element = typeof target === 'string' ? byId(target) : target;
  if (element.textContent !== text) element.textContent = text;
}

/** A figure and, smaller, its unit with its prefix. @param value such as "7.91 M" */
export function setValue(id: string, value: string, unit = ''): void {
  const [number = '', prefix = ''] = value.split(' ');
  setText(id, number);
  setText(`${id}-unit`, [prefix, unit].filter(Boolean).join(' '));
}

/** Whether content differs from what an element showed last. From now on it counts as shown. */
export function isNew(target: HTMLElement, content: unknown): boolean {
  const key = JSON.stringify(content);
  if (shown.get(target) === key) return false;
  shown.set(target, key);
  return true;
}

/**
 * Fills a table's body.
 * @param numbers columns that are right-aligned
 * @param nothing shown in a single row if there are no rows
 */
export function fillRows(
  body: HTMLElement,
  rows: readonly (readonly Cell[])[],
  columns: number,
  numbers: readonly number[],
  nothing: string,
): void {
  if (!isNew(body, rows)) return;
  if (rows.length === 0) {
    const cell = element('td', 'nothing', nothing);
    cell.colSpan = columns;
    body.replaceChildren(element('tr', '', cell));
    return;
  }
  body.replaceChildren(
    ...rows.map((row) =>
      element(
        'tr',
        '',
        ...row.map((cell, column) => {
          const { text, className } =
            typeof cell === 'string' ? { text: cell, className: '' } : cell;
          const classes = [className, numbers.includes(column) ? 'number' : ''].join(' ').trim();
          return element('td', classes, text);
        }),
      ),
    ),
  );
}

/** The theme switch: the system's theme unless another was chosen before. */
export function startTheme(changed: () => void): void {
  const select = byId<HTMLSelectElement>('theme');
  const apply = (): void => {
    if (select.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = select.value;
    changed();
  };
  select.value = localStorage.getItem(THEME_KEY) ?? 'system';
  select.addEventListener('change', () => {
    localStorage.setItem(THEME_KEY, select.value);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  apply();
}

/** A colour of the style sheet in a form that a canvas takes: the current value of light-dark(). */
export function colour(name: string, opacity = 1): string {
  const probe = document.createElement('i');
  probe.style.color = `color-mix(in srgb, var(--${name}) ${opacity * 100}%, transparent)`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The time of day. @param at ms since 1970 */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
}
