// A client of Tacet without a library: what a page has to do, and nothing else.
'use strict'

const $ = (id) => document.getElementById(id)
const most = 200 // lines that are kept on the page

let socket = null
let next = 1
const waiting = new Map() // what to do with the answer of this id
const wanted = new Set() // topics to subscribe to on each connection
const topics = new Set() // those that the server has confirmed on this one

// The link that the terminal prints carries the token behind '#': browsers do
// not send that part. It is taken out of the address bar at once, so that it
// is not copied with it. This tab remembers it, so that it can be reloaded.
const handed = new URLSearchParams(location.hash.slice(1))
if (handed.has('token')) {
  sessionStorage.setItem('app', handed.get('app') ?? '')
  sessionStorage.setItem('token', handed.get('token'))
  history.replaceState(null, '', location.pathname)
}
// A one-time link is for the terminal. It stays good, and goes nowhere.
if (handed.has('sign-in')) {
  history.replaceState(null, '', location.pathname)
  $('signin').hidden = false
}
$('app').value = sessionStorage.getItem('app') ?? ''
$('token').value = sessionStorage.getItem('token') ?? ''

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

function send(type, data, acked, refused, payload) {
  const id = String(next++)
  waiting.set(id, {acked, refused})
  let text = JSON.stringify({type, data: {...data, id}})
  // JSON goes out as it was typed: a number may have more digits than a page can hold.
  if (payload !== undefined) text = text.slice(0, -2) + ',"payload":' + payload + '}}'
  socket.send(text)
}

function showTopics() {
  $('topics').replaceChildren(...[...topics].map((topic) => {
    const li = document.createElement('li')
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = `${topic} ×`
    button.title = `unsubscribe from ${topic}`
    button.onclick = () => send('unsubscribe', {topic}, () => { wanted.delete(topic); topics.delete(topic); showTopics() }, unheard(topic))
    li.append(button)
    return li
  }))
}

// Where errors are shown: of topics under Listen, all others under Speak.
const unheard = (topic) => ({code, message}) => { $('refused').textContent = `${topic}: ${message} (${code})` }
const unsaid = ({code, message}) => line($('said'), String(code), message, true)

function subscribe(topic) {
  $('refused').textContent = ''
  send('subscribe', {topic}, () => { wanted.add(topic); topics.add(topic); showTopics() }, (error) => {
    wanted.delete(topic)
    unheard(topic)(error)
  })
}

// What has come in: an answer to this page, or a message.
function receive({topic, messageType, data}) {
  switch (`${topic} ${messageType}`) {
    case 'main welcome':
      state('on', `connected as ${data.connection.id}`)
      for (const topic of wanted) subscribe(topic)
      return
    case 'priv/acks ack':
      waiting.get(data.data)?.acked(data)
      waiting.delete(data.data)
      return
    case 'priv/errors error':
      (waiting.get(data.id)?.refused ?? unsaid)(data)
      waiting.delete(data.id)
      return
    case 'priv/session reconnect':
      $('state').textContent += '; the server is about to stop'
      return
  }
  if (topic.startsWith('priv/session')) return
  $('silence').hidden = true
  const client = data !== null && typeof data === 'object' && 'client' in data && 'payload' in data
  line($('heard'), `${topic} ${messageType}`, JSON.stringify(client ? data.payload : data))
}

// The codes after which a client should come back by itself: the server
// restarts, this page read too slowly, the connection was lost or too old.
const comeBack = [4000, 4001, 1001, 1006]
let pause = 0 // before the next try, in milliseconds; 0 as long as none has worked
let timer = 0

function connect(app, token) {
  clearTimeout(timer)
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  // The token travels as a subprotocol: so it stands in no URL, and in no log of one.
  let opened
  try {
    opened = new WebSocket(`${scheme}//${location.host}/apps/${app}`, ['tacet.v1', token])
  } catch {
    return state('bad', 'this is no token')
  }
  socket = opened
  state('off', 'connecting…')
  opened.onopen = () => { pause = 500 }
  opened.onmessage = async ({data}) => receive(JSON.parse(typeof data === 'string' ? data : await data.text()))
  opened.onclose = ({code, reason}) => {
    if (socket !== opened) return
    socket = null
    waiting.clear()
    topics.clear()
    showTopics()
    if (code === 1000) return state('off', reason || 'disconnected')
    if (!pause) return state('bad', 'refused, or nobody there: is the token expired, is tacet run running?')
    if (!comeBack.includes(code)) return state('bad', `closed: ${code} ${reason}`)
    pause = Math.min(pause * 2, 30000)
    timer = setTimeout(connect, pause * (0.5 + Math.random() / 2), app, token)
    state('bad', `closed: ${code} ${reason || 'connection lost'}; connecting again`)
  }
}

$('connect').onsubmit = (event) => {
  event.preventDefault()
  if (socket) return socket.close(1000)
  const app = $('app').value.trim()
  const token = $('token').value.trim()
  sessionStorage.setItem('app', app)
  sessionStorage.setItem('token', token)
  pause = 0
  connect(app, token)
}
$('another').onclick = (event) => {
  event.preventDefault()
  const fragment = new URLSearchParams({app: $('app').value, token: $('token').value})
  open(`${location.pathname}#${fragment}`, '_blank', 'noopener')
}
$('subscribe').onsubmit = (event) => {
  event.preventDefault()
  subscribe($('wanted').value.trim())
}
$('publish').onsubmit = (event) => {
  event.preventDefault()
  let payload = $('payload').value.trim()
  try { JSON.parse(payload) } catch { payload = JSON.stringify($('payload').value) }
  const topic = $('topic').value.trim()
  send('publish', {topic}, ({matched, delivered, gone}) =>
    line($('said'), topic, `matched ${matched}, delivered ${delivered}, gone ${gone}`), unsaid, payload)
}

function showLive() {
  const app = $('app').value.trim()
  $('live').hidden = !/^[0-9a-f]{32}$/.test(app)
  $('live').href = `/v1/apps/${app}/live`
}
$('app').oninput = showLive
showLive()

$('lines').textContent = [
  'tacet subscribe chat',
  'tacet publish chat \'{"hello":"world"}\'',
].join('\n')

state('off', 'not connected')
if ($('token').value) {
  wanted.add('chat')
  connect($('app').value, $('token').value)
}
