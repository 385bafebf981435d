/* victim.c — a program that dials with libzmq as it comes, without the node's crypto_box_beforenm.
 *
 * hostile_victim ENDPOINT SERVER-KEY-Z85: exits with 0 when it has survived the server. */
#include <string.h>
#include <zmq.h>

enum { PATIENCE_MS = 3000 };

int main(int argc, char **argv)
{
    char public_key[41], secret_key[41];
    const int none = 0;
    if (argc != 3 || strncmp(argv[1], "tcp://127.0.0.1:", 16) != 0 || zmq_curve_keypair(public_key, secret_key) != 0)
        return 2;
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, argv[2], 41);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, 41);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, 41);
    zmq_connect(socket, argv[1]);
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    zmq_poll(&item, 1, PATIENCE_MS);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
