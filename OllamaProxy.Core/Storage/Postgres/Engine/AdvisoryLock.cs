using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// The keys of PostgreSQL's advisory locks. They are held for a transaction, so that they work behind a pooler, and are all taken at its
/// start in ascending order, so that two transactions cannot deadlock on them.
/// </summary>
internal static class AdvisoryLock
{
    /// <summary>Held while the schema is migrated.</summary>
    public const long Migration = 7_236_548_712_000;

    /// <summary>Held while rows of another store are copied in.</summary>
    public const long Copy = 7_236_548_712_003;

    /// <summary>Held while the free slots of a backend are counted and one is taken.</summary>
    public static long OfBackend(string backend) => Of("backend", backend);

    /// <summary>Held while a prompt with this idempotency key is submitted.</summary>
    public static long OfKey(string key) => Of("key", key);

    /// <summary>Held while a prompt with this id, chosen by the client, is submitted.</summary>
    public static long OfId(Guid id) => Of("id", id.ToString());

    /// <summary>Held while what an owner has used of its limits is counted.</summary>
    public static long OfOwner(string owner) => Of("owner", owner);

    /// <summary>Held while a file is added to those of an owner, whose bytes are counted.</summary>
    public static long OfFiles(string? owner) => Of("files", owner ?? "");

    private static long Of(string kind, string name) =>
        BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"ollama-proxy {kind} {name}")));
}
