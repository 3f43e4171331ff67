// A client of Tacet without a library: what a page has to do, and nothing else.
'use strict'

const $ = (id) => document.getElementById(id)
const most = 200 // lines that are kept on the page

let socket = null
let next = 1
const waiting = new Map() // what an ack with this id means
const topics = new Set()

// The link that the terminal prints carries the token behind '#': browsers do
// not send that part. It is taken out of the address bar at once, so that it
// is not copied with it; the history holds it no longer.
const handed = new URLSearchParams(location.hash.slice(1))
if (handed.has('token')) {
  $('app').value = handed.get('app') ?? ''
  $('token').value = handed.get('token')
  history.replaceState(null, '', location.pathname)
}

function state(kind, text) {
  $('state').dataset.state = kind
  $('state').textContent = text
  for (const button of document.querySelectorAll('#subscribe button, #publish button')) button.disabled = kind !== 'on'
  $('dial').textContent = socket ? 'Disconnect' : 'Connect'
}

function line(list, small, text, bad) {
  const li = document.createElement('li')
  const head = document.createElement('small')
  head.textContent = `${new Date().toLocaleTimeString()} ${small} `
  li.append(head, text)
  if (bad) li.className = 'bad'
  list.prepend(li)
  while (list.childElementCount > most) list.lastElementChild.remove()
}

function send(type, data, meaning) {
  const id = String(next++)
  waiting.set(id, meaning)
  socket.send(JSON.stringify({type, data: {...data, id}}))
}

function showTopics() {
  $('topics').replaceChildren(...[...topics].map((topic) => {
    const li = document.createElement('li')
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = `${topic} ×`
    button.title = `unsubscribe from ${topic}`
    button.onclick = () => send('unsubscribe', {topic}, () => { topics.delete(topic); showTopics() })
    li.append(button)
    return li
  }))
}

function subscribe(topic) {
  send('subscribe', {topic}, () => { topics.add(topic); showTopics() })
}

// What has come in: an answer to this page, or a message.
function receive({topic, messageType, data}) {
  switch (`${topic} ${messageType}`) {
    case 'main welcome':
      state('on', `connected as ${data.connection.id}`)
      for (const topic of topics) subscribe(topic)
      return
    case 'priv/acks ack':
      waiting.get(data.data)?.(data)
      waiting.delete(data.data)
      return
    case 'priv/errors error':
      waiting.delete(data.id)
      line($('said'), String(data.code), data.message, true)
      return
    case 'priv/session reconnect':
      line($('said'), 'reconnect', 'the server is about to stop')
      return
  }
  if (topic.startsWith('priv/session')) return
  $('silence').hidden = true
  const client = data !== null && typeof data === 'object' && 'client' in data && 'payload' in data
  line($('heard'), `${topic} ${messageType}`, JSON.stringify(client ? data.payload : data))
}

function connect(app, token) {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  // The token travels as a subprotocol: so it stands in no URL, and in no log of one.
  const opened = new WebSocket(`${scheme}//${location.host}/apps/${app}`, ['tacet.v1', token])
  socket = opened
  state('off', 'connecting…')
  opened.onmessage = async ({data}) => receive(JSON.parse(typeof data === 'string' ? data : await data.text()))
  opened.onclose = ({code, reason, wasClean}) => {
    if (socket !== opened) return
    socket = null
    waiting.clear()
    if (code === 1000) return state('off', 'disconnected')
    if (!wasClean && code === 1006) return state('bad', 'refused, or nobody there: is the token expired, is tacet run running?')
    state('bad', `closed: ${code} ${reason}`)
  }
}

$('connect').onsubmit = (event) => {
  event.preventDefault()
  if (socket) return socket.close(1000)
  connect($('app').value.trim(), $('token').value.trim())
}
$('subscribe').onsubmit = (event) => {
  event.preventDefault()
  subscribe($('wanted').value.trim())
}
$('publish').onsubmit = (event) => {
  event.preventDefault()
  let payload = $('payload').value
  try { payload = JSON.parse(payload) } catch { /* then it is text */ }
  const topic = $('topic').value.trim()
  send('publish', {topic, payload}, ({matched, delivered, gone}) =>
    line($('said'), topic, `matched ${matched}, delivered ${delivered}, gone ${gone}`))
}

$('lines').textContent = [
  'tacet subscribe chat',
  'tacet publish chat \'{"hello":"world"}\'',
].join('\n')

state('off', 'not connected')
if ($('token').value) {
  connect($('app').value, $('token').value)
  topics.add('chat')
  showTopics()
}
