import jakarta.servlet.*;
import jakarta.servlet.annotation.*;
import jakarta.servlet.http.*;
import java.io.IOException;
import java.util.Map;

/** An application that was there before: it greets whom the container says is signed in, if its own filter saw the same. */
@WebServlet("/*")
public final class Legacy extends HttpServlet {
    @WebFilter("/*")
    public static final class OwnFilter implements Filter {
        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            request.setAttribute("seen", String.valueOf(((HttpServletRequest) request).getRemoteUser()));
            chain.doFilter(request, response);
        }
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String user = String.valueOf(request.getRemoteUser());
        if (!user.equals(request.getAttribute("seen"))) {
            throw new IllegalStateException("the filter of the application came first");
        }
        Object claims = request.getAttribute("guichet.claims");
        Object name = claims == null ? "" : ((Map<?, ?>) claims).get("family_name");
        response.setContentType("text/plain; charset=utf-8");
        response.getWriter().print("user=" + (user.equals("null") ? "nobody" : user) + " name=" + name);
    }
}
