using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Configuration;

public sealed class ApiKeysSettingTests
{
    [Fact]
    public void Keys_have_names_and_options()
    {
        var hash = SHA256.HashData("three"u8);
        var keys = Read($"alice:one, bob:two:admin ,carol@example.org:sha256={Convert.ToHexStringLower(hash)}:user:weight=2.5,").ApiKeys;
        Assert.Equal([("alice", false, 1), ("bob", true, 1), ("carol@example.org", false, 2.5)],
            keys.Select(key => (key.Owner, key.IsAdmin, key.Weight)));
        Assert.Equal(SHA256.HashData("one"u8), keys[0].Hash.ToArray());
        Assert.Equal(hash, keys[2].Hash.ToArray());
    }

    [Fact]
    public void A_key_can_have_limits()
    {
        var limits = Read(
            "alice:one:rpm=60:tpm=10000:tpd=1000000:max_queued=0:max_running=2:max_priority=-5:models=LLama3.2|qwen3:8b,bob:two")
            .ApiKeys[0].Limits;
        Assert.Equal((60, 10000, 1000000, 0, 2, -5), (limits.RequestsPerMinute, limits.TokensPerMinute, limits.TokensPerDay,
            limits.MaxQueued, limits.MaxRunning, limits.MaxPriority));
        Assert.Equal(["llama3.2:latest", "qwen3:8b"], limits.Models!.Order());
    }

    [Fact]
    public void No_keys_let_everybody_in() => Assert.False(Read(" , ").NeedsApiKey);

    [Theory]
    [InlineData("secret", "entry 1 is bad, since it must be NAME:KEY")]
    [InlineData("a:b,:secret", "entry 2 is bad, since it must be NAME:KEY")]
    [InlineData("no name:secret", "it must be NAME:KEY")]
    [InlineData("alice:", "the key of 'alice' must have visible ASCII characters only")]
    [InlineData("alice:secret key", "the key of 'alice' must have visible ASCII characters only")]
    [InlineData("alice:sécret", "the key of 'alice' must have visible ASCII characters only")]
    [InlineData("alice:sha256=secret", "the hash of the key of 'alice' must be sha256= and 64 hexadecimal digits")]
    [InlineData("alice:se:cret", "what follows the key of 'alice' must be user, admin, weight=, rpm=")]
    [InlineData("alice:secret:weight=0", "the weight of 'alice' must be a number above 0")]
    [InlineData("alice:secret:weight=secret", "the weight of 'alice' must be a number above 0")]
    [InlineData("alice:secret:rpm=0", "rpm of 'alice' must be a whole number from 1 to 2147483647")]
    [InlineData("alice:secret:max_running=many", "max_running of 'alice' must be a whole number from 1 to")]
    [InlineData("alice:secret:max_priority=101", "max_priority of 'alice' must be a whole number from -100 to 100")]
    [InlineData("alice:secret:models=a||b", "models of 'alice' must be names of models, with | between them")]
    [InlineData("alice:secret:models=", "models of 'alice' must be names of models, with | between them")]
    [InlineData("alice:secret,bob:secret", "entry 2 is bad, since the keys of 'alice' and 'bob' are the same")]
    public void What_is_bad_is_named_without_the_key(string setting, string mistake)
    {
        var exception = Assert.Throws<InvalidSettingException>(() => Read(setting));
        Assert.Contains(mistake, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_keys_lets_nobody_in()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("keys"), "# none yet\n");
        var options = Read("", folder.File("keys"));
        Assert.Equal((true, folder.File("keys")), (options.NeedsApiKey, options.ApiKeysFile));
    }

    [Fact]
    public void A_file_that_is_bad_or_missing_stops_the_start()
    {
        using var folder = new TempFolder();
        Assert.Contains("names a file that cannot be read", Assert.Throws<InvalidSettingException>(
            () => Read("", folder.File("missing"))).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("keys"), "# comment\r\nalice:one\r\nbob\r\n");
        Assert.Contains($"line 3 of {folder.File("keys")} is bad", Assert.Throws<InvalidSettingException>(
            () => Read("", folder.File("keys"))).Message, StringComparison.Ordinal);
    }

    private static OllamaProxyOptions Read(string keys, string? file = null) => OllamaProxyOptions.Read(new ConfigurationBuilder()
        .AddInMemoryCollection([new("OLLAMA_PROXY_API_KEYS", keys), new("OLLAMA_PROXY_API_KEYS_FILE", file)]).Build());
}
