import { AwsError } from '../../../wire/call.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
}
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

/** Writes an element with a text in it. */
export function element(name: string, text: string | number | boolean): string {
  return `<${name}>${String(text).replaceAll(/[&<>"\r\n]/g, (character) => ESCAPES[character]!)}</${name}>`
}

/** Writes an element if it has a text. */
export function optionalElement(name: string, text: string | undefined | null): string {
  return text === undefined || text === null ? '' : element(name, text)
}

export function xmlDocument(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`
}

/** Makes a successful answer of a root element with S3's namespace. */
export function xmlAnswer(root: string, content: string, headers: Readonly<Record<string, string>> = {}) {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...headers },
    body: xmlDocument(`<${root} ${NAMESPACE}>${content}</${root}>`),
  }
}

/** An element of a request: its text, or its children. */
export interface XmlElement {
  readonly name: string
  readonly children: XmlElement[]
  text: string
}

const TOKEN = /<\?.*?\?>|<!--.*?-->|<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/gsy

/** Reads the body of a request: elements and texts, as SDKs write them. Attributes are dropped. */
export function readXml(body: Buffer, root: string): XmlElement {
  const document: XmlElement = { name: '', children: [], text: '' }
  const open = [document]
  const text = body.toString('utf8')
  let position = 0
  for (const token of text.matchAll(TOKEN)) {
    position = token.index + token[0].length
    const [, closing, name, empty, content] = token
    const parent = open.at(-1)!
    if (content !== undefined) parent.text += unescape(content)
    if (name === undefined) continue
    if (closing === '/') {
      if (open.pop()!.name !== name || open.length === 0) throw malformedXml()
      continue
    }
    const child: XmlElement = { name, children: [], text: '' }
    parent.children.push(child)
    if (empty !== '/') open.push(child)
  }
  const found = document.children[0]
  if (position < text.length || open.length > 1 || found?.name !== root) throw malformedXml()
  return found
}

export function childText({ children }: XmlElement, name: string): string | undefined {
  return children.find((child) => child.name === name)?.text
}

export function malformedXml(): AwsError {
  return new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  )
}

function unescape(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (entity, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? entity
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
    },
  )
}
