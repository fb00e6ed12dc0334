using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Configuration;

public sealed class OllamaProxyOptionsTests
{
    [Fact]
    public void The_defaults_are_those_of_the_original()
    {
        var options = Read();
        Assert.Equal("http://localhost:11434/api/generate", options.Backends.Single().Endpoint.Route("/api/generate").ToString());
        Assert.Equal(("llama3.2", TimeSpan.FromSeconds(1), false, true),
            (options.Model, options.PollInterval, options.Quiet, options.Worker));
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
            ("OLLAMA_PROXY_LEASE_SECONDS", "0.5"), ("OLLAMA_PROXY_MAX_QUEUED", "7"), ("OLLAMA_PROXY_RETENTION_DAYS", "0.5"),
                ("OLLAMA_PROXY_MAX_BODY_BYTES", "10"), ("OLLAMA_PROXY_CORS_ORIGINS", "http://a, http://b"), ("OLLAMA_PROXY_QUIET", "0"));

        Assert.Equal(("http://gpu:1234/", "tiny", "\"10m\"", 4),
            (options.Backends.Single().Endpoint.ToString(), options.Model, options.KeepAlive, options.Concurrency));
        Assert.Equal([2.5, 60, 5, 0, 0, 0.5],
            new[] { options.PollInterval, options.Timeout, options.IdleTimeout, options.RetryBase, options.DrainSlice,
            options.LeaseLength }.Select(time => time.TotalSeconds));
        Assert.Equal((2, false, 10, true), (options.MaxAttempts, options.Worker, options.MaxBodyBytes, options.Quiet));
        Assert.Equal((7, TimeSpan.FromHours(12)), (options.MaxQueued, options.Retention));
        Assert.Equal(["http://a", "http://b"], options.CorsOrigins);
    }

    [Fact]
    public void The_times_of_the_shutdown_and_of_signs_of_life_are_read()
    {
        var options = Read(("OLLAMA_PROXY_SHUTDOWN_SECONDS", "2.5"), ("OLLAMA_PROXY_KEEPALIVE_SECONDS", "60"));
        Assert.Equal((TimeSpan.FromSeconds(2.5), TimeSpan.FromMinutes(1)), (options.ShutdownTime, options.HeartbeatInterval));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.Zero), (Read().ShutdownTime, Read().HeartbeatInterval));
    }

    [Theory]
    [InlineData("OLLAMA_PROXY_SHUTDOWN_SECONDS", "-1")]
    [InlineData("OLLAMA_PROXY_SHUTDOWN_SECONDS", "soon")]
    [InlineData("OLLAMA_PROXY_KEEPALIVE_SECONDS", "1m")]
    [InlineData("OLLAMA_URL", "ftp://host")]
    [InlineData("OLLAMA_KEEP_ALIVE", "soon")]
    [InlineData("OLLAMA_KEEP_ALIVE", "infinity")]
    [InlineData("OLLAMA_KEEP_ALIVE", "Infinity")]
    [InlineData("OLLAMA_KEEP_ALIVE", "-Infinity")]
    [InlineData("OLLAMA_KEEP_ALIVE", "+inf")]
    [InlineData("OLLAMA_KEEP_ALIVE", "∞")]
    [InlineData("OLLAMA_KEEP_ALIVE", "NaN")]
    [InlineData("OLLAMA_KEEP_ALIVE", "nan")]
    [InlineData("OLLAMA_KEEP_ALIVE", "1e999")]
    [InlineData("OLLAMA_KEEP_ALIVE", "1e3")]
    [InlineData("OLLAMA_KEEP_ALIVE", "0x10")]
    [InlineData("OLLAMA_KEEP_ALIVE", "1_000")]
    [InlineData("OLLAMA_KEEP_ALIVE", "1,5")]
    [InlineData("OLLAMA_KEEP_ALIVE", "٣")]
    [InlineData("OLLAMA_KEEP_ALIVE", "5 m")]
    [InlineData("OLLAMA_KEEP_ALIVE", "5M")]
    [InlineData("OLLAMA_KEEP_ALIVE", "1d")]
    [InlineData("OLLAMA_KEEP_ALIVE", "5m30")]
    [InlineData("OLLAMA_KEEP_ALIVE", ".s")]
    [InlineData("OLLAMA_KEEP_ALIVE", "-")]
    [InlineData("OLLAMA_KEEP_ALIVE", "null")]
    [InlineData("OLLAMA_KEEP_ALIVE", "true")]
    [InlineData("OLLAMA_KEEP_ALIVE", "forever")]
    [InlineData("OLLAMA_KEEP_ALIVE", "9999999999")]
    [InlineData("OLLAMA_KEEP_ALIVE", "9999999h")]
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
    [InlineData("OLLAMA_PROXY_OWNER_HEADER", "x owner")]
    [InlineData("OLLAMA_PROXY_OWNER_HEADER", "authorization")]
    [InlineData("OLLAMA_PROXY_OWNER_HEADER", "X-Api-Key")]
    [InlineData("OLLAMA_PROXY_OWNER_HEADER", "Cookie")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "localhost:3000")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "localhost:*")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "example.org")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://localhost:3000/")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://example.org/app")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://example.org/*")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://example.org?x")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://example.org#x")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://user:password@example.org")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://one.example https://two.example")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://one.example;https://two.example")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://good.example,bad.example")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http:localhost")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http:/localhost")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "://localhost")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://localhost:")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://localhost:0")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://localhost:65536")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://localhost:30*")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://.example.org")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://a..example.org")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://300.1.1.1")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://10.1.1")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://::1")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://[::1")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "http://[::g]")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "https://bücher.example")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", "ws://localhost:3000")]
    [InlineData("OLLAMA_PROXY_CORS_ORIGINS", ",")]
    [InlineData("OLLAMA_PROXY_HOSTS", "https://queue.example.org")]
    [InlineData("OLLAMA_PROXY_HOSTS", "queue.example.org/app")]
    [InlineData("OLLAMA_PROXY_HOSTS", "one.example two.example")]
    [InlineData("OLLAMA_PROXY_HOSTS", ".example.org")]
    [InlineData("OLLAMA_PROXY_HOSTS", "good.example,bad example")]
    [InlineData("OLLAMA_PROXY_HOSTS", "bücher.example")]
    [InlineData("OLLAMA_PROXY_HOSTS", ",")]
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
    [InlineData("+5", "5")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5")]
    [InlineData("007", "7")]
    [InlineData("1h30m", "\"1h30m\"")]
    [InlineData("1.5h", "\"1.5h\"")]
    [InlineData(".5h", "\".5h\"")]
    [InlineData("300ms", "\"300ms\"")]
    [InlineData("10\u00b5s", "\"10\u00b5s\"")]
    [InlineData("10\u03bcs", "\"10\u03bcs\"")]
    [InlineData("\"10m\"", "\"10m\"")]
    [InlineData("'24h'", "\"24h\"")]
    [InlineData("-1s", "\"-1s\"")]
    public void Keep_alive_is_what_Ollama_takes(string text, string json) =>
        Assert.Equal(json, Read(("OLLAMA_KEEP_ALIVE", text)).KeepAlive);

    [Fact]
    public void All_bad_values_are_named_one_a_line()
    {
        var refused = Assert.Throws<InvalidSettingException>(() => Read(
            ("OLLAMA_URL", "ftp://host"), ("OLLAMA_CONCURRENCY", "many"), ("OLLAMA_MODEL", "tiny"), ("OLLAMA_PROXY_WORKER", "maybe"),
            ("OLLAMA_PROXY_BACKEND_TOKEN", "two words")));
        Assert.Equal(["OLLAMA_URL", "OLLAMA_PROXY_BACKEND_TOKEN", "OLLAMA_CONCURRENCY", "OLLAMA_PROXY_WORKER"],
            refused.Message.Split('\n').Select(line => line.Split(' ')[2]));
        Assert.Equal(refused.Message.Split('\n'), refused.Mistakes);
    }

    [Theory]
    [InlineData("tiny", "tiny")]
    [InlineData("  tiny\t", "tiny")]
    [InlineData("\"tiny\"", "tiny")]
    [InlineData("'tiny'", "tiny")]
    [InlineData(" \" tiny \" ", "tiny")]
    [InlineData("\"\"", "llama3.2")]
    [InlineData("\"tiny'", "\"tiny'")]
    [InlineData("\"", "\"")]
    public void Spaces_and_quotes_around_a_value_do_not_count(string value, string model) =>
        Assert.Equal(model, Read(("OLLAMA_MODEL", value)).Model);

    internal static OllamaProxyOptions Read(params (string Name, string Value)[] settings) => OllamaProxyOptions.Read(
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build());
}
