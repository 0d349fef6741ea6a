const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
}

/** Writes an element with a text in it. */
export function element(name: string, text: string | number | boolean): string {
  return `<${name}>${String(text).replaceAll(/[&<>"\r\n]/g, (character) => ESCAPES[character]!)}</${name}>`
}

export function xmlDocument(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`
}
