import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export const ROOT = path.join(__dirname, '../..');
export const MONITORING = path.join(ROOT, 'monitoring');

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { refId: string; expr: string; legendFormat: string }[];
}

export interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface DocumentedMetric {
  name: string;
  type: string;
  labels: string[];
}

export function readText(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

export function readYaml<T>(file: string): T {
  return parse(readText(file)) as T;
}

/** The panels of the dashboard that show something; rows, which only group them, are left out. */
export function readPanels(): Panel[] {
  const dashboard = JSON.parse(readText('monitoring/grafana/dashboards/orca-mining.json')) as {
    panels: Panel[];
  };
  return dashboard.panels.filter(({ type }) => type !== 'row');
}

export function readAlerts(): Alert[] {
  const { groups } = readYaml<{ groups: { rules: Alert[] }[] }>('monitoring/alerts.yml');
  return groups.flatMap(({ rules }) => rules);
}

/** The table of metrics in docs/MONITORING.md. */
export function readDocumentedMetrics(): DocumentedMetric[] {
  const rows = readText('docs/MONITORING.md').matchAll(/^\| `(orca_\w+)` *\| (\w+) *\|([^|]*)\|/gm);
  return [...rows].map(([, name, type, labels]) => ({
    name: name!,
    type: type!,
    labels: labels!.split(',').flatMap((label) => label.trim() || []),
  }));
}

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset']);

/** The metrics named in a PromQL expression, without the suffixes of histogram series. */
export function metricNames(expr: string): string[] {
  const names = expr
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .matchAll(/\b[A-Za-z_:][\w:]*\b(?!\s*\()/g);
  return [...names]
    .map(([name]) => name.replace(/_(bucket|count|sum)$/, ''))
    .filter((name) => !KEYWORDS.has(name));
}
