using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api;

/// <summary>
/// Routes of Ollama's and OpenAI's that are known here and refused, each with the reason. They need no place in the
/// <see cref="RouteTable"/>: <see cref="UnmatchedHandler"/> answers them, whatever their method is.
/// </summary>
internal static class RefusedRoutes
{
    private const string Account =
        "is about the account at ollama.com of whoever runs Ollama, and is not passed on. Ask Ollama itself, on its own machine.";

    private const string Web =
        "asks ollama.com in the name of whoever runs Ollama, and is not passed on. Ask ollama.com with a key of your own.";

    private const string Sound =
        "is not offered here: sounds have no place in the queue. Send the sound as input_audio in a message to /v1/chat/completions.";

    private const string Pictures = "is not offered here: the queue has models write, and not draw.";

    private static readonly (string Path, int Status, string Why)[] All =
    [
        ("/api/me", StatusCodes.Status403Forbidden, Account),
        ("/api/signout", StatusCodes.Status403Forbidden, Account),
        ("/api/user/keys", StatusCodes.Status403Forbidden, Account),
        ("/api/experimental/web_search", StatusCodes.Status403Forbidden, Web),
        ("/api/experimental/web_fetch", StatusCodes.Status403Forbidden, Web),
        ("/v1/audio", StatusCodes.Status404NotFound, Sound),
        ("/v1/images", StatusCodes.Status404NotFound, Pictures),
    ];

    /// <summary>How a path is refused: the status, and the rest of a sentence that begins with the path. Null: it is not.</summary>
    public static (int Status, string Why)? Find(PathString path)
    {
        foreach (var (prefix, status, why) in All)
            if (path.StartsWithSegments(prefix))
                return (status, why);
        return null;
    }
}
