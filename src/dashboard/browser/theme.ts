import { byId } from './dom';

const KEY = 'theme';

/** The switch of the theme; the system's unless another was chosen here before. */
export function startTheme(changed: () => void): void {
  const select = byId<HTMLSelectElement>('theme');
  const apply = (): void => {
    if (select.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = select.value;
    changed();
  };
  select.value = localStorage.getItem(KEY) ?? 'system';
  select.addEventListener('change', () => {
    localStorage.setItem(KEY, select.value);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  apply();
}

/** A colour of the style sheet as the canvas wants it: what light-dark() comes to now. */
export function colour(name: string, opacity = 1): string {
  const probe = document.createElement('i');
  probe.style.color = `color-mix(in srgb, var(--${name}) ${opacity * 100}%, transparent)`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
