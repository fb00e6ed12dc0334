using System.Text;

namespace OllamaProxy.Benchmarks.Load;

/// <summary>The bytes of requests.</summary>
internal static class Request
{
    public static byte[] Get(string path) => Encoding.UTF8.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");

    /// <param name="path">The path.</param>
    /// <param name="body">JSON.</param>
    /// <param name="key">The API key to show; null: none.</param>
    /// <param name="header">One more header; null: none.</param>
    public static byte[] Post(string path, string body, string? key = null, string? header = null) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + (key is null ? "" : $"Authorization: Bearer {key}\r\n") + (header is null ? "" : $"{header}\r\n")
        + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
}
