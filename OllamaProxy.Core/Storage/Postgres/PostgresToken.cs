using System.Text.Json;
using OllamaProxy.Protocol;

namespace OllamaProxy.Storage.Postgres;

/// <summary>
/// The Entra token of a managed identity, which PostgreSQL on Azure takes as a password. It comes from the endpoint that App Service,
/// Functions and Container Apps have for that (https://learn.microsoft.com/azure/app-service/overview-managed-identity). Azure's library
/// for it would make the native server three megabytes larger for this one request.
/// </summary>
internal static class PostgresToken
{
    /// <summary>The audience of Azure's PostgreSQL, in the public cloud.</summary>
    private const string Resource = "https://ossrdbms-aad.database.windows.net";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Gets a token that is valid for minutes at least: the endpoint caches it, and renews it before it expires.</summary>
    /// <param name="clientId">The client id of a user-assigned identity (<c>OLLAMA_PROXY_POSTGRES_IDENTITY</c>).</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="InvalidOperationException">There is no endpoint here, or it has no such identity.</exception>
    /// <exception cref="HttpRequestException">The endpoint does not answer.</exception>
    public static async ValueTask<string> GetAsync(string clientId, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("IDENTITY_ENDPOINT") is not { Length: > 0 } endpoint)
            throw new InvalidOperationException(
                "OLLAMA_PROXY_POSTGRES_IDENTITY is set, but IDENTITY_ENDPOINT is not: no identity is assigned to this app.");
        var query = $"api-version=2019-08-01&resource={Uri.EscapeDataString(Resource)}&client_id={Uri.EscapeDataString(clientId)}";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{endpoint}?{query}");
        request.Headers.TryAddWithoutValidation("X-IDENTITY-HEADER", Environment.GetEnvironmentVariable("IDENTITY_HEADER"));
        using var response = await Http.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            using var answer = JsonDocument.Parse(body);
            if (response.IsSuccessStatusCode && answer.RootElement.Text("access_token") is { } token)
                return token;
            throw Refused(answer.RootElement.Text("message"));
        }
        catch (JsonException)
        {
            throw Refused(null);
        }

        InvalidOperationException Refused(string? why) =>
            new($"The managed identity {clientId} gets no token for PostgreSQL: "
                + (why ?? $"its endpoint answered {(int)response.StatusCode}"));
    }
}
