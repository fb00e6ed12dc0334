using System.Text;
using OllamaProxy.Benchmarks;
using OllamaProxy.Benchmarks.Load;

namespace OllamaProxy.Tests.Benchmarks;

public sealed class ResponseParserTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 202 Accepted\r\ncontent-length:5\r\nDate: today\r\n\r\nhello", 202)]
    [InlineData("HTTP/1.1 404 Not Found\r\nDate: today\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n0a\r\n{\"a\":\"\r\n\"}\r\n0\r\n\r\n", 404)]
    public void An_answer_is_read_once_the_last_of_it_is_there(string answer, int status)
    {
        var bytes = Encoding.ASCII.GetBytes(answer);
        for (var received = 0; received < bytes.Length; received++)
            Assert.False(ResponseParser.TryRead(bytes.AsSpan(0, received), out _, out _), $"after {received} bytes");
        Assert.True(ResponseParser.TryRead([.. bytes, .. "HTTP/1.1 500"u8], out var read, out var length));
        Assert.Equal((status, bytes.Length), (read, length));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nDate: today\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n")]
    public void What_cannot_be_read_is_an_error_and_no_answer(string answer) =>
        Assert.Throws<BenchmarkException>(() => ResponseParser.TryRead(Encoding.ASCII.GetBytes(answer), out _, out _));
}
