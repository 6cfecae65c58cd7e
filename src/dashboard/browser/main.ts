import { duration } from '../../format';
import { createCharts } from './charts';
import { Controls } from './controls';
import { byId, setText, clock, startTheme } from './dom';
import { Model, Stream } from './feed';
import { startMiners } from './miners';
import { SettingsClient } from './requests';
import { showSections, showState } from './sections';
import { Settings } from './settings';

/** How long the page says that the task was restarted. */
const RESTART_NOTICE_MS = 20_000;

const model = new Model();
const charts = createCharts();
const client = new SettingsClient();
const controls = new Controls(client);
const settings = new Settings(client);
let restartedAt = -Infinity;

startTheme(() => charts.restyle());
startMiners();
new Stream({
  update(update) {
    // This page already knew a process, and this is another.
    if (update.about && model.status) restartedAt = performance.now();
    if (update.about) client.expire();
    model.apply(update);
    show();
  },
  beat(silentMs, isStale) {
    document.body.classList.toggle('stale', isStale);
    showState(model.status, isStale);
    showNotice(silentMs, isStale);
    controls.show(model, isStale);
    settings.show(model, isStale);
  },
});

function show(): void {
  document.body.classList.remove('stale');
  showState(model.status, false);
  showNotice(0, false);
  showSections(model);
  controls.show(model, false);
  settings.show(model, false);
  charts.show(model);
}

function showNotice(silentMs: number | undefined, isStale: boolean): void {
  const notice = byId('notice');
  const isRestarted = performance.now() - restartedAt < RESTART_NOTICE_MS;
  notice.hidden = !isStale && !isRestarted;
  if (notice.hidden) return;
  setText(
    notice,
    isStale ? staleText(silentMs) : 'The task was restarted; its figures go on here.',
  );
}

function staleText(silentMs: number | undefined): string {
  if (silentMs === undefined) return 'The task does not answer. Trying again.';
  const since = clock(Date.now() - silentMs);
  return `Stale: the task has not answered since ${since}, ${duration(silentMs)} ago. What stands here is from then; trying again.`;
}
