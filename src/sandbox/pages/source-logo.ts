import type { Source } from '../discovery/sources.js';

/** A plain SVG badge with the source's first letters: sources here are invented, and so are their logos. */
export function sourceLogo({ id, name }: Source): string {
  const letters = name
    .replace(/^(MedMij|Sandbox) /, '')
    .split(' ')
    .map((word) => word.charAt(0))
    .filter((letter) => /[A-Z]/.test(letter))
    .slice(0, 2)
    .join('');
  const hue = (id * 47) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="${letters}"><rect width="64" height="64" rx="14" fill="hsl(${hue} 45% 38%)"/><text x="32" y="41" font-family="sans-serif" font-size="26" fill="#fff" text-anchor="middle">${letters}</text></svg>`;
}
