"""An upload in pieces whose pieces are objects of an S3 store."""
import os

from lib.pieces import Pieces

MIB = 1 << 20


def test_pieces_become_the_document(stack, server):
    anna = server.client('jena-board')
    body = os.urandom(3 * MIB + 17)
    where = '/dav/files/jena/in-pieces'
    upload = Pieces(anna, where, len(body))
    for at in range(0, len(body), MIB):
        assert upload.add(at, body[at:at + MIB]).status == 204
    assert anna.get(where).body == body and anna.get(where, Range=f'bytes={MIB - 3}-{MIB + 3}').body == body[MIB - 3:MIB + 4]
    assert {store for store, in stack.sql('SELECT p.store FROM blob_part p JOIN dav_node n ON n.blob_id = p.blob_id'
                                          " WHERE n.name = 'in-pieces'")} == {1}
    given_up = Pieces(anna, where + '-2', len(body))
    assert given_up.add(0, body[:MIB]).status == 204 and given_up.end().status == 204
    assert anna.delete(where).status == 204
