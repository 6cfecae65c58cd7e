// The page's elements: finding, making and filling them, the theme they have, and how they tell the time.

/** Under which the browser keeps the theme that was chosen. */
const THEME_KEY = 'theme';

/** What each element shows, as JSON. */
const shown = new WeakMap<HTMLElement, string>();

/** Whether a chain has the rounds: then they have windows, and rewards. The page is served with it, so that nothing moves. */
export const hasChain = document.documentElement.dataset['chain'] === 'yes';

/** A cell of a table: its text, and what class it has. */
export type Cell = string | { text: string; className: string };

/** The element of the page with an id; the page has them all. */
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

/** Sets text where it is another: what did not change is not read out again. */
export function setText(target: HTMLElement | string, text: string): void {
  const element = typeof target === 'string' ? byId(target) : target;
  if (element.textContent !== text) element.textContent = text;
}

/** Whether content is other than what was shown in an element last; it counts as shown from here on. */
export function isNew(target: HTMLElement, content: unknown): boolean {
  const key = JSON.stringify(content);
  if (shown.get(target) === key) return false;
  shown.set(target, key);
  return true;
}

/**
 * Fills a table's body; one row says so where there is nothing.
 * @param numbers columns that stand to the right
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

/** The switch of the theme; the system's unless another was chosen here before. */
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

/** A colour of the style sheet as the canvas wants it: what light-dark() comes to now. */
export function colour(name: string, opacity = 1): string {
  const probe = document.createElement('i');
  probe.style.color = `color-mix(in srgb, var(--${name}) ${opacity * 100}%, transparent)`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The time of day; ms since 1970. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
}
