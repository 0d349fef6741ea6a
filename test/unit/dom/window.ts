import { Window } from 'happy-dom'

// React's DOM looks for a window when it is loaded, so this file is imported first.
const window = new Window({ url: 'http://localhost/' })
const { document, navigator } = window
for (const [name, value] of Object.entries({ window, document, navigator, IS_REACT_ACT_ENVIRONMENT: true })) {
  // From version 21 on, Node has its own navigator, which cannot be assigned.
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

export const newContainer = () => document.createElement('div')
