using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// The numbers of PostgreSQL's advisory locks. All are taken at the start of a transaction, in their order, and given back at its end: so
/// they work behind a pooler, and nobody waits for one who waits for them.
/// </summary>
internal static class AdvisoryLock
{
    /// <summary>Held while the schema is migrated.</summary>
    public const long Migration = 7_236_548_712_000;

    /// <summary>Held while rows of another store are copied in.</summary>
    public const long Copy = 7_236_548_712_003;

    /// <summary>For those who count the slots of a backend.</summary>
    public static long OfBackend(string backend) => Of("backend", backend);

    /// <summary>For those who submit by an idempotency key.</summary>
    public static long OfKey(string key) => Of("key", key);

    /// <summary>For those who submit by an id of their own.</summary>
    public static long OfId(Guid id) => Of("id", id.ToString());

    private static long Of(string kind, string name) =>
        BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"ollama-proxy {kind} {name}")));
}
