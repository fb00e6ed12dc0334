using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Configuration;

namespace OllamaProxy.Api.Http;

/// <summary>
/// How much memory the large bodies of all requests take together: <c>OLLAMA_PROXY_MAX_BUFFERED_BYTES</c>. It is reserved as the bodies
/// come
/// in, so that a length that is only claimed takes nothing from others. One body alone is always taken, however small the total is.
/// </summary>
public sealed class BufferBudget(OllamaProxyOptions options)
{
    /// <summary>How long a client should wait before it sends again what there was no room for, in seconds.</summary>
    private const string RetryAfter = "2";

    private readonly Lock _lock = new();
    private long _reserved;

    /// <summary>How much is reserved, in bytes.</summary>
    public long Reserved
    {
        get
        {
            lock (_lock)
                return _reserved;
        }
    }

    /// <summary>Begins a reservation for a request, of nothing so far.</summary>
    public Reservation Open(HttpContext context) => new(this, context);

    /// <summary>What one request has reserved, until this is disposed of.</summary>
    public sealed class Reservation : IDisposable
    {
        private readonly BufferBudget _budget;
        private readonly HttpContext _context;
        private long _bytes;

        internal Reservation(BufferBudget budget, HttpContext context) => (_budget, _context) = (budget, context);

        /// <summary>Reserves more.</summary>
        /// <exception cref="ProblemException">503, with <c>Retry-After</c>: there is no room for it.</exception>
        public void Add(long bytes)
        {
            var total = _budget.Total;
            lock (_budget._lock)
            {
                if (_budget._reserved + bytes <= total || _budget._reserved == _bytes)
                {
                    _budget._reserved += bytes;
                    _bytes += bytes;
                    return;
                }
            }
            _context.Response.Headers.RetryAfter = RetryAfter;
            throw new ProblemException(StatusCodes.Status503ServiceUnavailable, string.Create(CultureInfo.InvariantCulture,
                $"The large bodies of other requests take all of the {total} bytes that OLLAMA_PROXY_MAX_BUFFERED_BYTES allows; "
                + $"send this one again in some seconds."));
        }

        /// <summary>Gives back all that was reserved.</summary>
        public void Dispose()
        {
            lock (_budget._lock)
            {
                _budget._reserved -= _bytes;
                _bytes = 0;
            }
        }
    }

    private long Total => options.MaxBufferedBytes;
}
