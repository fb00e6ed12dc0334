using System.Collections.Concurrent;
using Azure.Core;
using Azure.Identity;

namespace OllamaProxy.Storage.Postgres;

/// <summary>The Entra token of a managed identity, which PostgreSQL on Azure takes as a password.</summary>
internal static class PostgresToken
{
    /// <summary>The audience of Azure's PostgreSQL, in the public cloud.</summary>
    internal const string Scope = "https://ossrdbms-aad.database.windows.net/.default";

    // A credential caches its token and renews it before it expires.
    private static readonly ConcurrentDictionary<string, TokenCredential> Credentials = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gets a token that is valid for minutes at least. Most calls return the cached one, so that asking often costs nothing; the server
    /// looks at the token only when a connection is opened.
    /// </summary>
    /// <param name="clientId">The client id of a user-assigned identity (<c>OLLAMA_PROXY_POSTGRES_IDENTITY</c>).</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="AuthenticationFailedException">There is no such identity here, or its endpoint does not answer.</exception>
    public static async ValueTask<string> GetAsync(string clientId, CancellationToken cancellationToken)
    {
        var credential = Credentials.GetOrAdd(
            clientId, static id => new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(id)));
        var token = await credential.GetTokenAsync(new TokenRequestContext([Scope]), cancellationToken);
        return token.Token;
    }
}
