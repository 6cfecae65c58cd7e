import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { WebhookServer } from '../fixtures/webhook-server';
import { openBrowser, seriousViolations, type Browser } from './browser';
import { serveDashboard, TOKEN, type Served } from './served';

describe('the test of NOTIFY_URL on the page', function () {
  this.timeout(60_000);
  let servers: WebhookServer[];
  let served: Served;
  let browser: Browser;
  let page: Page;

  before(async () => {
    servers = [await WebhookServer.start(), await WebhookServer.start()];
    served = await serveDashboard();
    browser = await openBrowser();
    page = await browser.context.newPage();
    await page.goto(`${served.url}/?token=${TOKEN}`);
    await page.locator('#notify-test').waitFor();
  });
  after(async () => {
    await browser?.close();
    await served.close();
    servers.forEach((server) => server.close());
  });

  const says = (expected: RegExp): Promise<void> =>
    page.locator('#notify-test-status', { hasText: expected }).waitFor();

  it('is refused where none is set, or what was entered is not saved', async () => {
    await page.click('#notify-test');
    await says(/^Refused: NOTIFY_URL is not set$/);
    await page.fill('#NOTIFY_URL', servers[0]!.url);
    await page.click('#notify-test');
    await says(/^Save first/);
    expect(servers[0]!.received).to.deep.equal([]);
  });

  it('says of each, by its host, whether it took the message', async () => {
    const [good, bad] = servers as [WebhookServer, WebhookServer];
    bad.answer = (response) => response.writeHead(410).end();
    await page.fill('#NOTIFY_URL', `${good.url},${bad.url}`);
    await page.click('#settings-save');
    await page.locator('#settings-status', { hasText: /NOTIFY_URL acts at once/ }).waitFor();
    expect(await page.inputValue('#NOTIFY_URL')).to.equal('');
    await page.click('#notify-test');
    await says(/ took it/);
    expect(await page.textContent('#notify-test-status')).to.equal(
      `${good.host} took it (status 204). Not taken: ${bad.host} answered with status 410.`,
    );
    expect(good.received).to.have.length(1);
    await page.click('#notify-test');
    await says(/^Refused: expected one test in 10 s$/);
    expect(await seriousViolations(page)).to.deep.equal([]);
  });
});
