using System.Security.Cryptography;
using System.Text;
using OllamaProxy.Configuration;

namespace OllamaProxy.Access;

/// <summary>An API key that was just made.</summary>
/// <param name="Key">The key, which only its user may know.</param>
/// <param name="Entry">The entry for <c>OLLAMA_PROXY_API_KEYS</c>, with the hash of the key.</param>
public sealed record NewApiKey(string Key, string Entry)
{
    /// <summary>As many as nobody can guess, and few enough to be pasted.</summary>
    private const int Bytes = 24;

    /// <summary>Makes a random key.</summary>
    /// <param name="name">Its name; see <see cref="ApiKeysSetting.IsName"/>.</param>
    public static NewApiKey Create(string name)
    {
        var key = RandomNumberGenerator.GetHexString(2 * Bytes, lowercase: true);
        return new(key, $"{name}:{ApiKeysSetting.HashPrefix}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}");
    }
}
