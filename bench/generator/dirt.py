"""placeholder replaced below"""
import pyarrow as pa
def plant(texts, settings, keys, truth, part):
    return texts, pa.table({"table": pa.array([], pa.string())})
