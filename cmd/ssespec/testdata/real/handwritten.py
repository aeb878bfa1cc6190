"""A stream written by hand on Python's http.server, which speaks HTTP/1.0 and ends a body with the connection."""
import http.server
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        try:
            for n in range(200):
                self.wfile.write(f"id: {n}\r\ndata: Grüße {n}\r\n\r\n".encode())
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
