import { expect } from 'chai';
import { metricNames, readAlerts, readDocumentedMetrics, readText, readYaml } from './files';

interface RuleTests {
  tests: {
    alert_rule_test: {
      alertname: string;
      exp_alerts: { exp_labels: object; exp_annotations: object }[];
    }[];
  }[];
}

describe('the alert rules', () => {
  const documented = readDocumentedMetrics().map(({ name }) => name);
  const guide = readText('docs/MONITORING.md');
  const { repositoryUrl } = readYaml<{ repositoryUrl: string }>('config-task.yml');
  const cases = readYaml<RuleTests>('monitoring/alerts.test.yml').tests.flatMap(
    ({ alert_rule_test }) => alert_rule_test,
  );

  for (const { alert, expr, labels, annotations } of readAlerts()) {
    describe(alert, () => {
      it('has a severity, a summary, a description and a runbook that is there', () => {
        expect(labels).to.have.all.keys('severity');
        expect(labels['severity']).to.be.oneOf(['critical', 'warning', 'info']);
        expect(annotations).to.have.all.keys('summary', 'description', 'runbook_url');
        expect(annotations['summary']).to.include('{{ $labels.instance }}');
        expect(annotations['runbook_url']).to.equal(
          `${repositoryUrl}/blob/main/docs/MONITORING.md#${alert.toLowerCase()}`,
        );
        const section = guide.split(`\n### ${alert}\n`)[1]?.split('\n#')[0];
        expect(section, 'its section').to.match(
          new RegExp(`^\\s*${labels['severity']}\\..*\\n1\\. `, 'is'),
        );
      });

      it('asks for documented metrics', () => {
        for (const name of metricNames(expr)) expect([...documented, 'up']).to.include(name);
      });

      it('is tested firing and not firing', () => {
        const own = cases.filter(({ alertname }) => alertname === alert);
        expect(own.some(({ exp_alerts }) => exp_alerts.length > 0)).to.equal(true);
        expect(own.some(({ exp_alerts }) => exp_alerts.length === 0)).to.equal(true);
        // Without these promtool accepts any text.
        for (const { exp_alerts } of own) {
          for (const one of exp_alerts) {
            expect(one.exp_annotations).to.have.all.keys('summary', 'description', 'runbook_url');
          }
        }
      });
    });
  }
});
