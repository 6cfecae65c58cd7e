import { expect } from 'chai';
import type { Page, Route } from 'playwright-core';
import type { SettingsDocument, Setting } from '../../src/dashboard/browser/requests';
import { openBrowser, seriousViolations, type Browser } from './browser';
import { serveDashboard, TOKEN, type Served } from './served';

const SECRET = 'correct-horse-battery';

/** Settings of every form and in every state, which no real task has all at once. */
function example(): SettingsDocument {
  const of = (name: string, form: Setting['form'], state: Partial<Setting> = {}): Setting => ({
    name,
    form,
    meaning: `What ${name} means`,
    expected: 'something good',
    secret: false,
    default: '',
    acts: 'at once',
    from: 'default',
    value: '',
    isSet: false,
    needsRestart: false,
    problem: null,
    ...state,
  });
  const chosen = (value: string) => ({ from: 'page', value, isSet: true }) as const;
  const text = { kind: 'text' } as const;
  return {
    settings: [
      of('A_NUMBER', { kind: 'number', min: 0, max: 9 }, { default: '0', value: '0' }),
      of('A_CHOICE', { kind: 'choice', options: ['red', 'green'] }, { default: 'red' }),
      of('A_TEXT', text, { acts: 'next round', ...chosen('as it was') }),
      of('A_FIXED_TEXT', text, { from: 'environment', value: 'fixed', isSet: true }),
      of('A_SECRET', text, { secret: true }),
      of('A_PORT', text, {
        acts: 'restart',
        default: '8080',
        ...chosen('9090'),
        needsRestart: true,
      }),
    ],
    problem: null,
    restart: { needed: true, offered: true },
  };
}

/** Tests the page alone: this file answers /settings. */
describe('the card of the settings', function () {
  this.timeout(60_000);
  let served: Served;
  let browser: Browser;
  let page: Page;
  let document: SettingsDocument;
  /** Bodies of the requested changes. */
  let asked: Record<string, string | null>[];
  /** Answers a change in another way than by making it. */
  let refuse: ((route: Route) => Promise<void>) | undefined;
  let orders: unknown[];

  before(async () => {
    served = await serveDashboard();
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await served.close();
  });

  beforeEach(async () => {
    [document, asked, refuse, orders] = [example(), [], undefined, []];
    page = await browser.context.newPage();
    await page.route('**/settings', async (route) => {
      if (route.request().method() === 'PUT') {
        asked.push(route.request().postDataJSON() as Record<string, string | null>);
        if (refuse) return refuse(route);
        for (const [name, value] of Object.entries(asked.at(-1)!)) choose(name, value);
      }
      await route.fulfill({ json: document });
    });
    await page.route('**/dashboard/control', async (route) => {
      orders.push(route.request().postDataJSON());
      await route.fulfill({ json: {} });
    });
  });
  afterEach(() => page.close());

  function choose(name: string, value: string | null): void {
    const setting = document.settings.find((one) => one.name === name)!;
    setting.isSet = Boolean(value);
    setting.from = value ? 'page' : 'default';
    setting.value = setting.secret ? '' : value || setting.default;
  }

  async function open(): Promise<void> {
    await page.goto(`${served.url}/?token=${TOKEN}`);
    await page.locator('#settings-form').waitFor();
  }

  async function save(expected: RegExp): Promise<void> {
    await page.click('#settings-save');
    await page.locator('#settings-status', { hasText: expected }).waitFor();
  }

  function answerWith(status: number, body: object): (route: Route) => Promise<void> {
    return (route) => route.fulfill({ status, json: body });
  }

  it('sends what was changed and nothing else, and says when it acts', async () => {
    await open();
    await save(/^Nothing was changed\.$/);
    await page.fill('#A_NUMBER', ' 7 ');
    await page.selectOption('#A_CHOICE', 'green');
    await page.fill('#A_TEXT', 'another');
    await save(/^Saved\. A_NUMBER, A_CHOICE acts at once\. A_TEXT acts with the next round\.$/);
    expect(asked).to.deep.equal([{ A_NUMBER: '7', A_CHOICE: 'green', A_TEXT: 'another' }]);
    expect(await page.inputValue('#A_NUMBER')).to.equal('7');
    await save(/^Nothing was changed\.$/);

    await page.fill('#A_PORT', '9999');
    await save(/^Saved\. A_PORT acts after a restart\.$/);
  });

  it('goes back to a default by an empty field, the first choice, or the button', async () => {
    await open();
    await page.selectOption('#A_CHOICE', 'green');
    await save(/^Saved/);
    await page.selectOption('#A_CHOICE', '');
    await page.fill('#A_TEXT', '');
    await page.getByRole('button', { name: 'Default: A_PORT' }).click();
    expect(await page.evaluate('document.activeElement.id')).to.equal('A_PORT');
    await save(/^Saved/);
    expect(asked[1]).to.deep.equal({ A_CHOICE: '', A_TEXT: '', A_PORT: null });
    expect(await page.inputValue('#A_PORT')).to.equal('');
    expect(await page.getAttribute('#A_PORT', 'placeholder')).to.equal('8080');
  });

  it('writes a secret and never shows it, forgets it when told to, and leaves it otherwise', async () => {
    await open();
    const input = page.locator('#A_SECRET');
    expect(await input.getAttribute('type')).to.equal('password');
    expect(await input.getAttribute('placeholder')).to.equal('not set');
    await input.fill(SECRET);
    await save(/^Saved/);
    expect(asked).to.deep.equal([{ A_SECRET: SECRET }]);
    const held = await page.evaluate<string>(
      `document.documentElement.outerHTML + [...document.querySelectorAll('input')].map(({ value }) => value)`,
    );
    expect(held).not.to.include(SECRET);
    expect(await input.getAttribute('placeholder')).to.equal('set, and never shown');
    await page.fill('#A_NUMBER', '1');
    await save(/^Saved/);
    expect(asked[1]).to.deep.equal({ A_NUMBER: '1' });

    await page.getByRole('button', { name: 'Forget: A_SECRET' }).click();
    await save(/^Saved/);
    expect(asked[2]).to.deep.equal({ A_SECRET: null });
    expect(await input.getAttribute('placeholder')).to.equal('not set');
  });

  it('shows what was refused in its place, and goes to the first', async () => {
    await open();
    await page.fill('#A_TEXT', 'bad');
    await page.selectOption('#A_CHOICE', 'green');
    await page.fill('#A_NUMBER', 'many');
    const issues = [
      { path: 'A_TEXT', message: 'expected something good, got "bad"' },
      { path: 'A_NUMBER', message: 'expected a number, got "many"' },
    ];
    for (const status of [400, 409]) {
      refuse = answerWith(status, { error: 'x', message: 'no', issues });
      await save(/^Nothing was saved: see what is marked\.$/);
      for (const { path, message } of issues) {
        const input = page.locator(`#${path}`);
        expect(await input.getAttribute('aria-invalid')).to.equal('true');
        expect(await input.getAttribute('aria-describedby')).to.include(`${path}-error`);
        expect(await page.textContent(`#${path}-error`)).to.equal(message);
      }
      expect(await page.getAttribute('#A_CHOICE', 'aria-invalid')).to.equal(null);
      expect(await page.evaluate('document.activeElement.id')).to.equal('A_NUMBER');
    }
    expect(await page.inputValue('#A_TEXT')).to.equal('bad');
    await page.fill('#A_NUMBER', '5');
    expect(await page.isVisible('#A_NUMBER-error')).to.equal(false);
    refuse = undefined;
    await save(/^Saved/);
    expect(await page.locator('[aria-invalid]').count()).to.equal(0);
    expect(asked.at(-1)).to.deep.equal({ A_NUMBER: '5', A_CHOICE: 'green', A_TEXT: 'bad' });
  });

  it('loses nothing that was typed: not by a refusal, silence, a live update or a late answer', async () => {
    await open();
    await page.fill('#A_TEXT', 'typed');
    refuse = answerWith(503, { error: 'unavailable', message: 'the disk is full' });
    await save(/^Refused: the disk is full$/);
    refuse = (route) => route.abort();
    await save(/^The task did not answer\.$/);
    await page.locator('#intensity').fill('20');
    await page.waitForTimeout(1500);
    expect(await page.inputValue('#A_TEXT')).to.equal('typed');

    // A change made by another page meanwhile is shown in fields where nothing was typed.
    choose('A_NUMBER', '3');
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    refuse = async (route) => {
      await held;
      choose('A_TEXT', 'typed');
      await route.fulfill({ json: document });
    };
    await page.click('#settings-save');
    await page.fill('#A_TEXT', 'typed, and on');
    letGo();
    await page.locator('#settings-status', { hasText: /^Saved/ }).waitFor();
    expect(await page.inputValue('#A_NUMBER')).to.equal('3');
    expect(await page.inputValue('#A_TEXT')).to.equal('typed, and on');
    refuse = undefined;
    await save(/^Saved/);
    expect(asked.at(-1)).to.deep.equal({ A_TEXT: 'typed, and on' });
  });

  it('shows as fixed what the environment sets', async () => {
    await open();
    expect(await page.isDisabled('#A_FIXED_TEXT')).to.equal(true);
    expect(await page.inputValue('#A_FIXED_TEXT')).to.equal('fixed');
    expect(await page.textContent('#A_FIXED_TEXT-hint')).to.equal('Set by the environment.');
  });

  it('has the slider of the intensity fixed where the environment sets that', async () => {
    await open();
    expect(await page.isEnabled('#intensity')).to.equal(true);
    const { settings } = document;
    settings.push({ ...settings[3]!, name: 'MINING_INTENSITY', value: '10' });
    await page.reload();
    await page.locator('#intensity-value', { hasText: '10 %, set by the environment' }).waitFor();
    expect(await page.isDisabled('#intensity')).to.equal(true);
    expect(await page.isEnabled('#pause')).to.equal(true);
  });

  it('says what is wrong with what is stored, and lets that be dropped', async () => {
    document.problem = 'half of it is missing';
    Object.assign(document.settings[0]!, { problem: '"eleven" is no number; 0 is used' });
    await open();
    expect(await page.textContent('#settings-problem')).to.equal('half of it is missing');
    expect(await page.isVisible('#settings-problem')).to.equal(true);
    expect(await page.isVisible('#A_NUMBER-problem')).to.equal(true);
    expect(await page.textContent('#A_NUMBER-problem')).to.include('"eleven" is no number');
    await page.getByRole('button', { name: 'Default: A_NUMBER' }).click();
    [document.problem, document.settings[0]!.problem] = [null, null];
    await save(/^Saved/);
    expect(asked).to.deep.equal([{ A_NUMBER: null }]);
    expect(await page.isVisible('#settings-problem')).to.equal(false);
    expect(await page.isVisible('#A_NUMBER-problem')).to.equal(false);
  });

  it('restarts the task for who says so twice, by the keyboard', async () => {
    await open();
    expect(await page.textContent('#restart-text')).to.equal('A_PORT acts after a restart.');
    await page.locator('#restart-offer').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).to.equal('restart-offer');
    expect(orders).to.deep.equal([]);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.locator('#restart-status', { hasText: /its node starts it again/ }).waitFor();
    expect(orders).to.deep.equal([{ action: 'restart' }]);
  });

  it('offers no restart where nothing waits for one, or nobody would start the task again', async () => {
    document.restart.offered = false;
    await open();
    expect(await page.textContent('#restart-text')).to.include('Restart the node to have it act.');
    expect(await page.isVisible('#restart-offer')).to.equal(false);
    document.restart.needed = false;
    await page.fill('#A_NUMBER', '2');
    await save(/^Saved/);
    expect(await page.isVisible('#restart')).to.equal(false);
  });

  it('asks again when it got no answer, and says why there is no form', async () => {
    let failures = 1;
    await page.route('**/settings', (route) =>
      failures-- > 0
        ? route.fulfill({ status: 503, json: { error: 'unavailable', message: 'too busy' } })
        : route.fallback(),
    );
    await page.goto(`${served.url}/?token=${TOKEN}`);
    await page
      .locator('#settings-note', { hasText: /can't be shown\. Refused: too busy/ })
      .waitFor();
    expect(await page.isVisible('#settings-form')).to.equal(false);
    await page.locator('#settings-form').waitFor();
  });

  for (const theme of ['light', 'dark'] as const) {
    for (const width of [1280, 375]) {
      it(`fits ${width} pixels in the ${theme} theme with all it can say`, async () => {
        document.problem = 'half of it is missing';
        for (const setting of document.settings) setting.problem = `${setting.name} was spoilt`;
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme: theme });
        await open();
        await page.fill('#A_NUMBER', 'x');
        const issues = document.settings.map(({ name: path }) => ({
          path,
          message: 'a'.repeat(99),
        }));
        refuse = answerWith(400, { error: 'x', message: 'no', issues });
        await save(/marked/);
        await page.click('#restart-offer');
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
        expect(await seriousViolations(page)).to.deep.equal([]);
      });
    }
  }
});
