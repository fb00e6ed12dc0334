using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OllamaProxy.Storage.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>Against a stand-in for the endpoint of App Service, which the environment names.</summary>
public sealed class PostgresTokenTests : IAsyncLifetime
{
    private const string Endpoint = "IDENTITY_ENDPOINT";
    private const string Header = "IDENTITY_HEADER";
    private const string HeaderValue = "not-from-elsewhere";

    private readonly WebApplication _app = Create();
    private readonly List<string> _queries = [];
    private readonly List<string> _headers = [];
    private int _status = StatusCodes.Status200OK;

    public async Task InitializeAsync()
    {
        _app.MapGet("/msi/token", (HttpContext context) =>
        {
            lock (_queries)
            {
                _queries.Add($"{context.Request.Query["client_id"]} {context.Request.Query["resource"]}");
                _headers.Add(context.Request.Headers["X-IDENTITY-HEADER"].ToString());
                return _status == StatusCodes.Status200OK
                    ? Results.Json(new
                    {
                        access_token = $"token-{_queries.Count}",
                        expires_on = DateTimeOffset.UtcNow.AddHours(24).ToUnixTimeSeconds().ToString(),
                        resource = context.Request.Query["resource"].ToString(),
                        token_type = "Bearer",
                    })
                    : Results.Json(
                        new { statusCode = _status, message = "No managed identity was found for the client id." }, statusCode: _status);
            }
        });
        await _app.StartAsync();
        Environment.SetEnvironmentVariable(Endpoint, $"{_app.Urls.Single()}/msi/token");
        Environment.SetEnvironmentVariable(Header, HeaderValue);
    }

    public async Task DisposeAsync()
    {
        Environment.SetEnvironmentVariable(Endpoint, null);
        Environment.SetEnvironmentVariable(Header, null);
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task The_token_is_that_of_the_identity_for_PostgreSQL()
    {
        var clientId = Guid.NewGuid().ToString();
        Assert.Equal("token-1", await PostgresToken.GetAsync(clientId, default));
        Assert.Equal([$"{clientId} https://ossrdbms-aad.database.windows.net"], _queries);
        Assert.Equal([HeaderValue], _headers);
    }

    [Fact]
    public async Task An_identity_that_is_unknown_here_is_an_error_that_names_the_reason()
    {
        _status = StatusCodes.Status400BadRequest;
        var clientId = Guid.NewGuid().ToString();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresToken.GetAsync(clientId, default).AsTask());
        Assert.Equal(
            $"The managed identity {clientId} gets no token for PostgreSQL: No managed identity was found for the client id.",
            error.Message);
    }

    private static WebApplication Create()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }
}
