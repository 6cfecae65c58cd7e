import { writeFileSync } from 'node:fs';
import type { TaskConfig } from '../../simulator';
import { build } from './bundle';
import type { SimulateOptions } from './options';
import { renderSynthetic, runSynthetic, type SyntheticReport } from './synthetic';
import { taskVariables, variableNames } from './variables';

/** Runs one real node and many submitters that are no processes. */
export async function simulateSynthetic(
  options: SimulateOptions,
  config: TaskConfig,
  directory: string,
  signal: AbortSignal,
): Promise<SyntheticReport> {
  const { synthetic = 0, syntheticCache, seed = 'synthetic', roundSeconds, json } = options;
  const names = variableNames(options, config);
  const task = await build(options, directory, signal);
  const report = await runSynthetic({
    task,
    config,
    roundSeconds,
    directory,
    signal,
    seed,
    submitters: synthetic,
    cache: syntheticCache,
    variables: (apiPort) => taskVariables(names, { api: apiPort, stratum: 0 }, {}),
    log: (line) => console.log(line),
  });
  if (signal.aborted) console.log('Interrupted: what is shown is as far as it got.');
  console.log(renderSynthetic(report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  return report;
}
