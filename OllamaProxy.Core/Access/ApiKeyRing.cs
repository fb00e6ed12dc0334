using System.Security.Cryptography;
using System.Text;
using OllamaProxy.Configuration;
using OllamaProxy.Prompts;

namespace OllamaProxy.Access;

/// <summary>
/// The keys that are known at a time. How long a look-up takes tells nothing of them: they are found by a code that only this process can
/// compute, and compared in constant time.
/// </summary>
public sealed class ApiKeyRing
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    private readonly Dictionary<Guid, ApiKey> _keys = [];
    private readonly Dictionary<string, ApiKey> _byOwner = [];

    /// <summary>Of two keys with one name, the later one's options count; so does the later of two equal keys.</summary>
    public ApiKeyRing(IEnumerable<ApiKey> keys)
    {
        foreach (var key in keys)
        {
            _keys[CodeOf(key.Hash.Span)] = key;
            _byOwner[key.Owner] = key;
        }
        MostRunning = _byOwner.Values.Where(key => key.Limits.MaxRunning is not null)
            .ToDictionary(key => key.Owner, key => key.Limits.MaxRunning!.Value);
    }

    /// <summary>The key that a caller shows; null: it is not known.</summary>
    public ApiKey? Find(string shown)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(shown), hash);
        return _keys.TryGetValue(CodeOf(hash), out var key) && CryptographicOperations.FixedTimeEquals(key.Hash.Span, hash) ? key : null;
    }

    /// <summary>The names of the keys.</summary>
    public IReadOnlyCollection<string> Owners => _byOwner.Keys;

    /// <summary>Whether a key has this name.</summary>
    public bool HasOwner(string owner) => _byOwner.ContainsKey(owner);

    /// <summary>An owner's share of the machine, in proportion to those of others; 1 where nothing else is said.</summary>
    public double WeightOf(string owner) => _byOwner.TryGetValue(owner, out var key) ? key.Weight : 1;

    /// <summary>How much an owner may use.</summary>
    public OwnerLimits LimitsOf(string owner) => _byOwner.TryGetValue(owner, out var key) ? key.Limits : OwnerLimits.None;

    /// <summary>The owners of whose prompts only so many may run at a time, with how many.</summary>
    public IReadOnlyDictionary<string, int> MostRunning { get; }

    private static Guid CodeOf(ReadOnlySpan<byte> hash)
    {
        Span<byte> code = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Secret, hash, code);
        return new(code[..16]);
    }
}
