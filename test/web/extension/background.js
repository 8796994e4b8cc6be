// What a wallet's background does with a node of the chain: read, broadcast, follow.

/** ask gives the status and JSON of an answer, or why there is none. */
globalThis.ask = async (url, body) => {
  const init = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  try {
    const answer = await fetch(url, init);
    return { status: answer.status, json: await answer.json() };
  } catch (error) {
    return { error: String(error) };
  }
};

/** follow subscribes to a query and gives the first events of it, so many, with what else was said. */
globalThis.follow = (url, query, events) =>
  new Promise((done, fail) => {
    const socket = new WebSocket(url);
    const said = [];
    socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subscribe", params: { query } }));
    socket.onerror = () => fail(new Error("no socket"));
    socket.onmessage = ({ data }) => {
      said.push(JSON.parse(data));
      if (said.filter(({ result }) => result?.data).length < events) return;
      socket.close();
      done(said);
    };
  });

/** call asks once over a socket. */
globalThis.call = (url, method) =>
  new Promise((done, fail) => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: {} }));
    socket.onerror = () => fail(new Error("no socket"));
    socket.onmessage = ({ data }) => {
      socket.close();
      done(JSON.parse(data));
    };
  });

/** hold opens sockets that stay, and tells how many did. */
globalThis.hold = async (url, n) => {
  const open = await Promise.all(
    Array.from({ length: n }, () => {
      const socket = new WebSocket(url);
      return new Promise((done) => {
        socket.onopen = () => done(socket);
        socket.onerror = () => done(undefined);
      });
    }),
  );
  const held = open.filter(Boolean);
  await Promise.all(held.map((socket) => new Promise((done) => { socket.onclose = done; socket.close(); })));
  return held.length;
};
