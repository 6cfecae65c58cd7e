import uPlot from 'uplot';
import { siShort } from '../../format';
import { byId, element, fillRows, isNew, setText, type Cell, colour } from './dom';

/** What a chart shows, also in words and as a table. */
export interface Picture {
  data: uPlot.AlignedData;
  /** Changes whenever the series are different ones. */
  shape: string;
  caption: string;
  /** Newest first. */
  rows: readonly (readonly Cell[])[];
}

export interface ChartOptions {
  /** The figure's id. */
  id: string;
  /** Shown in place of the chart while there is no data. */
  nothing: string;
  legend: (
    shape: string,
  ) => { mark: 'line' | 'dashed' | 'ring' | 'dot' | 'area'; colour: string; text: string }[];
  columns: readonly string[];
  /** Columns that are right-aligned. */
  numbers: readonly number[];
  plot: (shape: string) => Pick<uPlot.Options, 'series'> & Partial<uPlot.Options>;
}

/** A chart in its figure on the page, with its legend, its caption, and a table of the same data. */
export class Chart {
  private readonly box: HTMLElement;
  private readonly legend: HTMLElement;
  private readonly caption: HTMLElement;
  private readonly details: HTMLDetailsElement;
  private readonly body = element('tbody');
  private plot: uPlot | undefined;
  private shape = '';
  private picture: Picture | undefined;

  constructor(private readonly options: ChartOptions) {
    const { id, columns, numbers } = options;
    const part = <T extends HTMLElement>(name: string): T => byId(id).querySelector<T>(name)!;
    this.box = part('.plot');
    this.legend = part('.legend');
    this.caption = part('figcaption');
    this.details = part('details');
    const heads = columns.map((text, column) => {
      const head = element('th', numbers.includes(column) ? 'number' : '', text);
      head.scope = 'col';
      return head;
    });
    const table = element(
      'table',
      '',
      element('thead', '', element('tr', '', ...heads)),
      this.body,
    );
    const scroll = element('div', 'scroll', table);
    scroll.tabIndex = 0;
    scroll.role = 'region';
    scroll.ariaLabel = `${byId(`${id}-title`).textContent}: table`;
    this.details.append(scroll);
    this.details.addEventListener('toggle', () => this.fillTable());
    new ResizeObserver(() => this.fit()).observe(this.box);
  }

  show(picture: Picture): void {
    this.picture = picture;
    setText(this.caption, picture.caption);
    this.fillTable();
    const isEmpty = picture.data[0].length === 0;
    if (isEmpty) return this.clear();
    if (!this.plot || picture.shape !== this.shape) this.build(picture);
    else this.plot.setData(picture.data);
  }

  /** Redraws the chart in the colours of the current theme. */
  restyle(): void {
    if (this.plot && this.picture) this.build(this.picture);
  }

  private build({ data, shape }: Picture): void {
    this.plot?.destroy();
    this.shape = shape;
    this.box.classList.remove('empty');
    this.box.replaceChildren();
    const { plot, legend } = this.options;
    this.plot = new uPlot({ ...this.size(), ...BASE, ...plot(shape) }, data, this.box);
    this.legend.replaceChildren(
      ...legend(shape).map(({ mark, colour: name, text }) => {
        const swatch = element('i', mark);
        swatch.style.color = name;
        return element('li', '', swatch, text);
      }),
    );
  }

  private clear(): void {
    this.plot?.destroy();
    this.plot = undefined;
    this.legend.replaceChildren();
    this.box.classList.add('empty');
    if (isNew(this.box, this.options.nothing) || this.box.childElementCount === 0) {
      this.box.replaceChildren(element('span', 'muted', this.options.nothing));
    }
  }

  private fillTable(): void {
    if (!this.details.open || !this.picture) return;
    const { columns, numbers, nothing } = this.options;
    fillRows(this.body, this.picture.rows, columns.length, numbers, nothing);
  }

  private size(): { width: number; height: number } {
    return { width: this.box.clientWidth, height: this.box.clientHeight };
  }

  private fit(): void {
    if (this.box.clientWidth > 0) this.plot?.setSize(this.size());
  }
}

const BASE: Partial<uPlot.Options> = {
  legend: { show: false },
  cursor: { show: false },
  padding: [8, 30, 0, 0],
};

const FONT = '12px system-ui, sans-serif';

/** An axis in the theme's colours. @param unit its label */
export function axis(unit: string, options: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return {
    label: unit,
    labelFont: FONT,
    labelSize: 18,
    stroke: colour('muted'),
    font: FONT,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    size: 26,
    gap: 4,
    ...options,
  };
}

/** An axis of numbers, from 0 up unless the scale says otherwise. */
export function numberAxis(unit: string, options: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return axis(unit, { size: 46, values: (_, splits) => splits.map(shortOrNone), ...options });
}

/** An axis of the time of day. */
export function timeAxis(): uPlot.Axis {
  return axis('time of day', {
    space: 70,
    values: [
      [3600, '{HH}:{mm}', null, null, null, null, null, null, 0],
      [60, '{HH}:{mm}', null, null, null, null, null, null, 0],
      [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 0],
    ],
  });
}

/**
 * A scale along the entries, with a minimum length. For a single entry uPlot would make up a range, such as a day or a
 * hundred.
 * @param marginEach on either side
 */
export function along(minSpan: number, marginEach = 0): (plot: uPlot) => uPlot.Range.MinMax {
  return ({ data: [places] }) => {
    const first = places[0] ?? 0;
    const last = places[places.length - 1] ?? 0;
    return [first - marginEach, Math.max(last, first + minSpan) + marginEach];
  };
}

/** A scale from 0 to a little above the highest value. */
export const fromZero: uPlot.Scale = {
  range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1],
};

/** On a logarithmic axis some ticks have no number, whatever the types say. */
function shortOrNone(value: number | null): string {
  return value === null ? '' : siShort(value);
}
