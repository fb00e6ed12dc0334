using Microsoft.Extensions.Configuration;
using OllamaProxy.Settings;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Settings;

public sealed class OllamaProxyOptionsTests
{
    [Fact]
    public void The_defaults_are_those_of_the_original()
    {
        var options = Read();
        Assert.Equal("http://localhost:11434/api/generate", options.Backends.Single().Endpoint.Generate.ToString());
        Assert.Equal(("llama3.2", TimeSpan.FromSeconds(1), false, true), (options.Model, options.PollInterval, options.Quiet, options.Worker));
        Assert.Equal((1, TimeSpan.FromSeconds(60), 64 * 1024 * 1024), (options.Concurrency, options.DrainSlice, options.MaxBodyBytes));
    }

    [Fact]
    public void A_relative_database_path_starts_at_the_checkout() =>
        Assert.Equal(Repository.File("data/queue.db"), Read().DatabasePath);

    [Fact]
    public void An_absolute_database_path_is_taken_as_it_is() =>
        Assert.Equal("/tmp/elsewhere.db", Read(("OLLAMA_PROXY_DB", "/tmp/elsewhere.db")).DatabasePath);

    [Fact]
    public void Every_setting_is_read()
    {
        var options = Read(
            ("OLLAMA_URL", "http://gpu:1234"), ("OLLAMA_MODEL", " tiny "), ("OLLAMA_KEEP_ALIVE", "10m"), ("OLLAMA_CONCURRENCY", "4"),
            ("OLLAMA_POLL_INTERVAL", "2.5"), ("OLLAMA_TIMEOUT", "60"), ("OLLAMA_IDLE_TIMEOUT", "5"), ("OLLAMA_MAX_ATTEMPTS", "2"),
            ("OLLAMA_RETRY_BASE_SECONDS", "0"), ("OLLAMA_PROXY_WORKER", "FALSE"), ("OLLAMA_PROXY_DRAIN_SECONDS", "0"),
            ("OLLAMA_PROXY_LEASE_SECONDS", "0.5"), ("OLLAMA_PROXY_MAX_QUEUED", "7"), ("OLLAMA_PROXY_RETENTION_DAYS", "0.5"), ("OLLAMA_PROXY_MAX_BODY_BYTES", "10"), ("OLLAMA_PROXY_CORS_ORIGINS", "http://a, http://b"), ("OLLAMA_PROXY_QUIET", "0"));

        Assert.Equal(("http://gpu:1234/", "tiny", "\"10m\"", 4), (options.Backends.Single().Endpoint.ToString(), options.Model, options.KeepAlive, options.Concurrency));
        Assert.Equal([2.5, 60, 5, 0, 0, 0.5], new[] { options.PollInterval, options.Timeout, options.IdleTimeout, options.RetryBase, options.DrainSlice, options.LeaseLength }.Select(time => time.TotalSeconds));
        Assert.Equal((2, false, 10, true), (options.MaxAttempts, options.Worker, options.MaxBodyBytes, options.Quiet));
        Assert.Equal((7, TimeSpan.FromHours(12)), (options.MaxQueued, options.Retention));
        Assert.Equal(["http://a", "http://b"], options.CorsOrigins);
    }

    [Fact]
    public void The_times_of_the_shutdown_and_of_signs_of_life_are_read()
    {
        var options = Read(("OLLAMA_PROXY_SHUTDOWN_SECONDS", "2.5"), ("OLLAMA_PROXY_KEEPALIVE_SECONDS", "60"));
        Assert.Equal((TimeSpan.FromSeconds(2.5), TimeSpan.FromMinutes(1)), (options.ShutdownTime, options.KeepAliveInterval));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.Zero), (Read().ShutdownTime, Read().KeepAliveInterval));
    }

    [Theory]
    [InlineData("OLLAMA_PROXY_SHUTDOWN_SECONDS", "-1")]
    [InlineData("OLLAMA_PROXY_SHUTDOWN_SECONDS", "soon")]
    [InlineData("OLLAMA_PROXY_KEEPALIVE_SECONDS", "1m")]
    [InlineData("OLLAMA_URL", "ftp://host")]
    [InlineData("OLLAMA_KEEP_ALIVE", "soon")]
    [InlineData("OLLAMA_CONCURRENCY", "0")]
    [InlineData("OLLAMA_CONCURRENCY", "many")]
    [InlineData("OLLAMA_POLL_INTERVAL", "0")]
    [InlineData("OLLAMA_POLL_INTERVAL", "1,5")]
    [InlineData("OLLAMA_TIMEOUT", "-1")]
    [InlineData("OLLAMA_IDLE_TIMEOUT", "NaN")]
    [InlineData("OLLAMA_MAX_ATTEMPTS", "1.5")]
    [InlineData("OLLAMA_RETRY_BASE_SECONDS", "x")]
    [InlineData("OLLAMA_PROXY_WORKER", "maybe")]
    [InlineData("OLLAMA_PROXY_DRAIN_SECONDS", "-1")]
    [InlineData("OLLAMA_PROXY_LEASE_SECONDS", "0")]
    [InlineData("OLLAMA_PROXY_MAX_QUEUED", "-1")]
    [InlineData("OLLAMA_PROXY_RETENTION_DAYS", "a week")]
    [InlineData("OLLAMA_PROXY_MAX_BODY_BYTES", "64MiB")]
    public void A_bad_value_is_refused_in_one_line_that_names_it(string name, string value)
    {
        var refused = Assert.Throws<InvalidSettingException>(() => Read((name, value)));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-1", "-1")]
    [InlineData("1.5", "1.5")]
    [InlineData("1h30m", "\"1h30m\"")]
    [InlineData("-1s", "\"-1s\"")]
    public void Keep_alive_is_what_Ollama_takes(string text, string json) =>
        Assert.Equal(json, Read(("OLLAMA_KEEP_ALIVE", text)).KeepAlive);

    private static OllamaProxyOptions Read(params (string Name, string Value)[] settings) => OllamaProxyOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build());
}
