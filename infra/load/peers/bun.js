// Bun's own broadcast and nothing else: "sTOPIC" subscribes, "pTOPIC PAYLOAD" publishes. See swarm.Bun.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    return server.upgrade(request) ? undefined : new Response("WebSockets only", { status: 426 });
  },
  websocket: {
    message(socket, text) {
      if (text[0] === "s") {
        socket.subscribe(text.slice(1));
        socket.send("ok");
        return;
      }
      const space = text.indexOf(" ");
      server.publish(text.slice(1, space), text.slice(space + 1));
    },
  },
});
console.log(`ws://127.0.0.1:${server.port}/`);
