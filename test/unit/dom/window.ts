import { Window } from 'happy-dom'

// Before React's DOM is loaded, which looks for a window then.
const window = new Window({ url: 'http://localhost/' })
const { document, navigator } = window
for (const [name, value] of Object.entries({ window, document, navigator, IS_REACT_ACT_ENVIRONMENT: true })) {
  // Node has a navigator of its own from version 21 on, which cannot be assigned.
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

export const newContainer = () => document.createElement('div')
