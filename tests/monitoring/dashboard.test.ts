import { expect } from 'chai';
import { metricNames, readDocumentedMetrics, readPanels, readText } from './files';

/** Metrics that Prometheus itself and prom-client's defaults add to the documented ones. */
const OTHERS = [
  'up',
  'ALERTS',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_heap_size_used_bytes',
];

describe('the Grafana dashboard', () => {
  const panels = readPanels();
  const known = new Set([...readDocumentedMetrics().map(({ name }) => name), ...OTHERS]);

  it('shows every documented metric', () => {
    const shown = new Set(
      panels.flatMap(({ targets }) => targets!.flatMap((t) => metricNames(t.expr))),
    );
    expect([...shown]).to.include.members(OTHERS);
    // Left out: whether mining is wanted, which the phases of the rounds show as well, and what a deployed bundle never is.
    const documented = readDocumentedMetrics().map(({ name }) => name);
    expect(documented.filter((name) => !shown.has(name))).to.have.members([
      'orca_mining',
      'orca_rehearsal',
    ]);
  });

  it('has panels that do not overlap', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).to.equal(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).to.be.at.most(24);
  });

  it('takes its data from the source and the nodes that are chosen', () => {
    const text = readText('monitoring/grafana/dashboards/orca-mining.json');
    const sources = [...text.matchAll(/"type": "prometheus",\s*"uid": "([^"]*)"/g)];
    expect(new Set(sources.map(([, uid]) => uid))).to.deep.equal(new Set(['${datasource}']));
  });

  for (const { title, description, fieldConfig, targets } of panels) {
    describe(title, () => {
      it('says what it shows and in which unit', () => {
        expect(title).to.match(/^[A-Z]/);
        expect(description).to.match(/^[A-Z].*\.$/);
        expect(fieldConfig!.defaults.unit).to.be.a('string').that.is.not.empty;
      });

      it('asks for known metrics of the chosen nodes, over a bounded time', () => {
        expect(targets).to.not.be.empty;
        for (const { expr } of targets!) {
          const names = metricNames(expr);
          expect(names).to.not.be.empty;
          for (const name of names) expect(known, expr).to.include(name);
          const selectors = expr.match(/\{[^}]*\}/g) ?? [];
          expect(selectors.length, expr).to.equal(names.length);
          for (const selector of selectors) {
            expect(selector).to.match(/^\{job="orca-mining",instance=~"\$instance"/);
          }
          const ranges = expr.replace(/\{[^}]*\}/g, '').matchAll(/\[([^\]]*)\]/g);
          for (const [, range] of ranges) {
            expect(['$__rate_interval', '5m', '10m', '15m', '1h'], expr).to.include(range);
          }
        }
      });
    });
  }
});
