"""Marks orders as shipped and tells their subscribers: both, or neither.

Needs psycopg2: apt-get install python3-psycopg2, or pip install psycopg2-binary.
"""
import json
import sys

import psycopg2
from psycopg2 import errors

# The transaction met another one, or a topic was busy: PostgreSQL rolled it back, and it may be run again as a whole.
RUN_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
ATTEMPTS = 5


def ship_order(connection, order):
    for attempt in range(1, ATTEMPTS + 1):
        try:
            # Commits at the end of the block, and rolls back where it is left by an exception.
            with connection, connection.cursor() as cursor:
                cursor.execute("update orders set state = 'shipped' where id = %s and state = 'paid'", (order,))
                if cursor.rowcount == 1:
                    cursor.execute(
                        "select waybill.publish(topic => %s, action => %s, data => %s, msg_id => %s)",
                        (f"orders.{order}", "order.shipped", json.dumps({"order": order}), f"order-{order}-shipped"),
                    )
            return
        except RUN_AGAIN:
            if attempt == ATTEMPTS:
                raise


if __name__ == "__main__":
    database = psycopg2.connect(sys.argv[1])
    for number in sys.argv[2:]:
        ship_order(database, int(number))
    database.close()
