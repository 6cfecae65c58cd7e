import { printable } from './terminal-text';

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | readonly Html[];

/** HTML with values in it, each of which is escaped unless it is HTML already. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  const parts = strings.map((part, i) => part + (i < values.length ? textOf(values[i]!) : ''));
  return new Html(parts.join(''));
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(({ text }: Html) => text).join('\n');
  return escape(`${value as string | number}`);
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters are shown as escapes, except line feeds and tabs, which are harmless in a page. */
function escape(text: string): string {
  return text.replace(/[^\n\t]+/g, printable).replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** A table; the first column names the row. @param numbers the columns to align right */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (Html | string | number)[])[],
  numbers: readonly number[] = [],
): Html {
  const kind = (column: number): string => (numbers.includes(column) ? 'number' : '');
  const head = heads.map((text, i) => html`<th scope="col" class="${kind(i)}">${text}</th>`);
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map((cell, i) =>
          i === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="${kind(i)}">${cell}</td>`,
        )}
      </tr>`,
  );
  return html`<div class="scroll" tabindex="0">
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}
