const maxLength = 255;

/** Control characters (line breaks and NUL among them) and the marks that turn the direction of text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/g;

/**
 * A file's name as it is kept, shown and logged: on one line, without characters that would disguise it (`cod.exe`
 * shown as `exe.doc`), without folders, at most 255 characters with its extension kept.
 */
export function safeFileName(name: string): string {
  const base = name.replace(unsafe, '_').split(/[/\\]/).at(-1)?.trim() ?? '';
  const characters = [...base.normalize('NFC')];
  if (characters.length === 0 || base === '.' || base === '..') return 'unnamed';
  if (characters.length <= maxLength) return characters.join('');
  const extension = /\.[A-Za-z0-9]{1,16}$/.exec(base)?.[0] ?? '';
  return characters.slice(0, maxLength - extension.length).join('') + extension;
}
