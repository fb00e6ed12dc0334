namespace OllamaProxy.Tests.Support;

/// <summary>
/// A client that is gone when its response is disposed of. <see cref="HttpClient"/> on its own reads on for two seconds, in the hope of
/// the end, before it closes the connection: so long each test would wait that has a client go away.
/// </summary>
internal static class LeavingClient
{
    public static HttpClient Of(Uri address) =>
        new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = address };
}
