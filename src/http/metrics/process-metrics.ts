import { Counter, Gauge, type Registry } from 'prom-client';
import packageJson from '../../../package.json';
import type { Engine } from '../../mining/engine';
import { droppedLines } from '../../process/output';
import type { ProcessUsage } from '../../process/usage';
import { uncaught } from '../../uncaught';
import { collectedCounter, collectedGauge } from './collected';

/**
 * What the process may use before an operator is told, and what each mining thread adds. Measured, with any backend:
 * 92 to 110 MB with one thread, 8 to 10 for each more on Node 20, 10 to 12 on 18.12. The rest is for large rounds.
 */
const MEMORY_LIMIT_BYTES = 384 * 2 ** 20;
const MEMORY_LIMIT_BYTES_PER_THREAD = 16 * 2 ** 20;

/** The process, its build and its calls to the Koii node. */
export function addProcessMetrics(
  registers: Registry[],
  {
    engine,
    usage,
    nodeCallFailures,
    sdk,
  }: {
    engine: Engine;
    usage: ProcessUsage;
    nodeCallFailures: ReadonlyMap<string, number>;
    sdk: string;
  },
): void {
  collectedGauge(
    {
      name: 'orca_cpu_usage_ratio',
      help: 'CPU time of this process per second of one core, over the last 15 seconds; 1 is one core.',
      registers,
    },
    () => usage.cpuRatio,
  );
  collectedGauge(
    {
      name: 'orca_cpu_usage_percent',
      help: 'The same in percent; 100 is one core.',
      registers,
    },
    () => usage.cpuRatio * 100,
  );
  collectedGauge(
    { name: 'orca_memory_usage_bytes', help: 'Resident set size of this process.', registers },
    () => usage.memoryBytes,
  );
  collectedGauge(
    {
      name: 'orca_memory_usage_megabytes',
      help: 'The same in megabytes of 1,000,000 bytes.',
      registers,
    },
    () => usage.memoryBytes / 1e6,
  );
  collectedGauge(
    {
      name: 'orca_memory_limit_bytes',
      help: 'What this process may use before an operator is told.',
      registers,
    },
    () => MEMORY_LIMIT_BYTES + MEMORY_LIMIT_BYTES_PER_THREAD * engine.threadStates.length,
  );
  new Counter({
    name: 'orca_node_call_failures_total',
    help: 'Failed calls to the Koii node.',
    labelNames: ['method'],
    registers,
    collect() {
      this.reset();
      for (const [method, failures] of nodeCallFailures) this.inc({ method }, failures);
    },
  });
  collectedCounter(
    {
      name: 'orca_uncaught_errors_total',
      help: 'Rejections and exceptions that nothing caught.',
      registers,
    },
    () => uncaught.rejections + uncaught.exceptions,
  );
  collectedCounter(
    {
      name: 'orca_log_lines_dropped_total',
      help: 'Lines of the log that nobody read in time, or that the disk had no room for.',
      registers,
    },
    droppedLines,
  );
  new Gauge({
    name: 'orca_build_info',
    help: 'What runs here; always 1.',
    labelNames: ['version', 'node', 'sdk'],
    registers,
  }).set({ version: packageJson.version, node: process.versions.node, sdk }, 1);
}
