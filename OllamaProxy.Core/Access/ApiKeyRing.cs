using System.Security.Cryptography;
using System.Text;
using OllamaProxy.Configuration;

namespace OllamaProxy.Access;

/// <summary>
/// The keys that are known at a time. How long a look-up takes tells nothing of them: they are found by a code that only this process can
/// compute, and compared in constant time.
/// </summary>
public sealed class ApiKeyRing
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    private readonly Dictionary<Guid, ApiKey> _keys = [];
    private readonly Dictionary<string, double> _weights = [];

    /// <summary>Of two keys with one name, the later one's weight counts; so does the later of two equal keys.</summary>
    public ApiKeyRing(IEnumerable<ApiKey> keys)
    {
        foreach (var key in keys)
        {
            _keys[CodeOf(key.Hash.Span)] = key;
            _weights[key.Owner] = key.Weight;
        }
    }

    /// <summary>The key that a caller shows; null: it is not known.</summary>
    public ApiKey? Find(string shown)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(shown), hash);
        return _keys.TryGetValue(CodeOf(hash), out var key) && CryptographicOperations.FixedTimeEquals(key.Hash.Span, hash) ? key : null;
    }

    /// <summary>An owner's share of the machine, in proportion to those of others; 1 where nothing else is said.</summary>
    public double WeightOf(string owner) => _weights.GetValueOrDefault(owner, 1);

    private static Guid CodeOf(ReadOnlySpan<byte> hash)
    {
        Span<byte> code = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Secret, hash, code);
        return new(code[..16]);
    }
}
